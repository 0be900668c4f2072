# machines must differ, for us and for gem5; reference machines are told by number
. "$ROOT/tests/cli/gem5_run/lib/gem5.sh"
perfvec uarch show timing | sed 's/^name: .*/name: twin/' >twin.yaml
perfvec gem5 run --gem5 "$gem5" --uarch timing,twin.yaml -q -o ds -- ./prog
echo "exit $?"
touch starter_se.py
perfvec gem5 run --gem5 "$gem5" --reference-seeds 58..61 --config starter_se.py -j 4 --max-insns 1000 -q -o ref -- ./prog 'a b' "it's"
echo "exit $?"
for m in o3_58 o3_59 minor_60 minor_61; do
	sed -n 's/^\$ .*starter_se.py \(.*\)/\1/p' ref.log/rand_$m.log | sed "s|$PWD|TMP|"
done
sort -u ref.log/*.config.ini | grep -c random=
grep -A3 'name: rand_' ref/dataset.yaml | grep -e name -e clock
head -n 5 ref/machines/rand_minor_61.yaml
echo "--- without gem5's account of a machine its trace tells the clock"
export FAKE_PLAN='rand_o3_58 * unsaid'
perfvec gem5 run --gem5 "$gem5" --reference-seeds 58..58 --config starter_se.py -q -o unsaid -- ./prog >/dev/null
grep -A3 'name: rand_' unsaid/dataset.yaml | grep -e name -e clock
echo "--- streams that part"
export FAKE_PLAN='o3 * other
timing * short'
perfvec gem5 run --gem5 "$gem5" --uarch minor,timing -q -o short -- ./prog
perfvec gem5 run --gem5 "$gem5" --uarch minor,o3 -q -o other -- ./prog
echo "--- a gem5 that numbers operation classes in another way says so"
export FAKE_PLAN='minor * classes'
perfvec gem5 run --gem5 "$gem5" --uarch minor,timing -q -o said -- ./prog 2>&1
perfvec gem5 run --gem5 "$gem5" --uarch minor,timing --op-classes gem5-21 -q -o told -- ./prog
echo "--- machines that are the same to gem5"
export FAKE_PLAN='minor * alike
timing * alike'
perfvec gem5 run --gem5 "$gem5" --uarch minor,o3,timing -q -o alike -- ./prog
