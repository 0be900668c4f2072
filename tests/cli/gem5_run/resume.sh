# Ctrl-C keeps what is finished; the same command goes on from there, another command does not use it
. "$ROOT/tests/cli/gem5_run/lib/gem5.sh"
export FAKE_PLAN='timing * hang'
perfvec gem5 run --gem5 "$gem5" --uarch minor,o3,timing -q -o ds -- ./prog >out 2>err &
pid=$!
for i in $(seq 400); do
	grep -q 'start timing' state/running 2>/dev/null && break
	sleep 0.05
done
perfvec gem5 run --gem5 "$gem5" --uarch minor,o3,timing -q -o ds -- ./prog
echo "meanwhile: exit $?"
kill -INT $pid
wait $pid
echo "exit $?"
cat out err
ls ds.partial
gem5_runs && echo "something still runs"
ls -d ds 2>&1
export FAKE_PLAN=
perfvec gem5 run --gem5 "$gem5" --uarch minor,o3,timing -q -o ds -- ./prog
echo "exit $?"
attempts
perfvec gem5 run --gem5 "$gem5" --uarch minor,o3,timing -q -o fresh -- ./prog >/dev/null
diff -r ds fresh | grep -v command
echo "--- the program's arguments changed: nothing is taken over"
export FAKE_PLAN='timing * crash'
perfvec gem5 run --gem5 "$gem5" --uarch minor,timing -q -o again -- ./prog >/dev/null 2>&1
perfvec gem5 run --gem5 "$gem5" --uarch minor,timing -q -o again -- ./prog other 2>/dev/null
attempts
echo "--- the machine that had the features is left out: another gives them"
rm -f state/*
export FAKE_PLAN='timing * crash'
perfvec gem5 run --gem5 "$gem5" --uarch ex5,minor,o3,timing -q -o left -- ./prog >/dev/null 2>&1
export FAKE_PLAN=
perfvec gem5 run --gem5 "$gem5" --uarch minor,o3,timing -q -o left -- ./prog
attempts
cmp left/prog.features.npy fresh/prog.features.npy && echo "same features"
echo "--- perfvec is killed: gem5 goes with it"
rm -f state/*
export FAKE_PLAN='timing * hang'
perfvec gem5 run --gem5 "$gem5" --uarch minor,timing -q -o killed -- ./prog &
pid=$!
for i in $(seq 400); do
	grep -q 'start timing' state/running 2>/dev/null && break
	sleep 0.05
done
gem5_runs && echo "gem5 runs"
disown $pid
kill -KILL $pid
for i in $(seq 100); do
	gem5_runs || break
	sleep 0.05
done
gem5_runs && echo "gem5 lives" || echo "gem5 is gone"
export FAKE_PLAN=
perfvec gem5 run --gem5 "$gem5" --uarch minor,timing -q -o killed -- ./prog
