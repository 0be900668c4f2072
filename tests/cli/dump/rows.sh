# rows of a trace as text: all of a small one, a part, none
cp "$ROOT"/tests/fuzz/corpus/f_trace/{sum,odd,empty}.pvt .
perfvec dump odd.pvt --count 14
perfvec dump sum.pvt --first 105
perfvec dump sum.pvt --first 108
perfvec dump sum.pvt --first 109
echo "[exit $?]"
perfvec dump empty.pvt
perfvec dump sum.pvt | wc -l
perfvec dump sum.pvt -n 0
