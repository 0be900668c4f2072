# a run that fails is tried once more; one that fails twice is reported, and the others become the dataset
. "$ROOT/tests/cli/gem5_run/lib/gem5.sh"
perfvec uarch sample --count 7 --seed 1 --kind ooo -o m >/dev/null
export FAKE_PLAN='ooo_000 1 crash
ooo_001 * crash
ooo_002 * exit 3
ooo_003 * bad
ooo_004 * silent
ooo_005 1 cut'
perfvec gem5 run --gem5 "$gem5" --uarch m -j 3 -o ds -- ./prog >out 2>err
echo "exit $?"
sort err | sed -e 's/trace:[0-9]*:/trace:ROW:/'
cat out
attempts
ls ds/machines
ls -a ds.partial
echo "--- only what failed is run again"
export FAKE_PLAN=
perfvec gem5 run --gem5 "$gem5" --uarch m -j 3 -q -o ds -- ./prog
echo "exit $?"
attempts
ls ds/machines
ls -d ds.partial 2>&1
echo "--- all fail: no dataset"
export FAKE_PLAN='timing * crash'
perfvec gem5 run --gem5 "$gem5" --uarch timing -q -o none -- ./prog
echo "exit $?"
ls -d none 2>&1
