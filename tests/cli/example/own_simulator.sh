# a simulator of its own writes a trace and a dataset: the times that it prints are those of the dataset, and the trace can be simulated
"$BUILD"/examples/own_simulator own sum.pvt
perfvec dataset check own
perfvec dataset info own | grep -A 20 '^program '
perfvec info sum.pvt | grep -v '^file'
perfvec dump sum.pvt | sed -n '43,52p'
perfvec simulate sum.pvt --uarch minor -o sim --quiet | tail -n 1 | cut -d ' ' -f 1
perfvec dataset check sim
cmp own/sum.features.npy sim/sum.features.npy && echo 'the same features as from the trace'
echo '- refused'
"$BUILD"/examples/own_simulator
"$BUILD"/examples/own_simulator own none/sum.pvt
"$BUILD"/examples/own_simulator none/own sum.pvt 2>&1 | sed 's/tmp[0-9]*/tmpPID/'
ls -d *
