# asynchronous signals: each leaves at most one place where the flow does not follow, and no block is cut for it
. "$ROOT/tests/cli/trace/lib/guest.sh"
guest timer
trace -o t.pvt -- ./timer
echo "exit $?"
perfvec dump t.pvt >dump
n_breaks=$(python3 "$lib/successors.py" <dump 2>/dev/null | cut -d' ' -f1)
handler=$(symbol timer tick)
n_handled=$(awk -v pc=$handler '$2 == pc && $3 == 0' dump | wc -l)
[ $n_handled -ge 20 ] && [ $n_breaks -le $n_handled ] && echo "at most one break a signal"
perfvec info t.pvt | grep 'left in the middle' || echo "no block was cut"
