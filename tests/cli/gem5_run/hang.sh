# a run that writes nothing any more is ended, with all it started
. "$ROOT/tests/cli/gem5_run/lib/gem5.sh"
export FAKE_PLAN='o3 1 hang'
perfvec gem5 run --gem5 "$gem5" --uarch o3,timing -j 2 --timeout 5 -o ds -- ./prog
echo "exit $?"
attempts
gem5_runs && echo "something still runs" || echo "nothing runs"
