# kept traces are what gem5 wrote, whole runs only
. "$ROOT/tests/cli/gem5_run/lib/gem5.sh"
export FAKE_PLAN='timing 1 crash
o3 * crash'
perfvec gem5 run --gem5 "$gem5" --uarch timing,o3 -q -o ds --keep-traces kept -- ./prog
echo "exit $?"
ls kept
for f in timing.txt timing.sq.txt; do
	zstd -dcq kept/$f.zst | cmp - <(zstd -dcq "$FAKE_TRACES/$f.zst") && echo "$f is whole"
done
