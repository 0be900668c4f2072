# asynchronous signals: each leaves at most one place where the flow does not follow, and no block is cut for it
. "$ROOT/tests/cli/trace/lib/guest.sh"
guest timer
trace -o t.pvt -- ./timer
echo "exit $?"
n_breaks=$(breaks t.pvt 2>/dev/null | cut -d' ' -f1)
handler=$(symbol timer tick)
n_handled=$(perfvec dump t.pvt | awk -v pc=$handler '$2 == pc && $3 == 0' | wc -l)
[ $n_handled -ge 50 ] && [ $n_breaks -le $n_handled ] && echo "at most one break a signal"
perfvec info t.pvt | grep 'left in the middle' || echo "no block was cut"
