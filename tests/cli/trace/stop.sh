# stopped from outside: the guest ends, the trace is kept; when perfvec is killed, the guest is too and no trace appears
. "$ROOT/tests/cli/trace/lib/guest.sh"
guest forever
start() {
	rm -f out
	env --default-signal=HUP perfvec trace -q -o $1.pvt -- ./forever >out 2>err &
	pid=$!
	for i in $(seq 200); do
		grep -q running out 2>/dev/null && return
		sleep 0.05
	done
	echo "did not start"
}
start stopped
kill -TERM $pid
wait $pid
echo "exit $?"
grep -v 'not known to the decoder' err
perfvec info stopped.pvt | grep -c '^instructions'
start killed
guest_pid=$(cat /proc/$pid/task/$pid/children)
kill -KILL $pid
wait $pid 2>/dev/null
for i in $(seq 100); do
	[ -d /proc/${guest_pid% } ] || break
	sleep 0.05
done
[ -d /proc/${guest_pid% } ] && echo "the guest lives" || echo "the guest is gone"
[ -e killed.pvt ] || echo "no trace"
perfvec trace -q -o early.pvt --skip 1000000000000 -- ./forever >out 2>err &
pid=$!
for i in $(seq 200); do
	grep -q running out 2>/dev/null && break
	sleep 0.05
done
kill -TERM $pid
wait $pid
echo "exit $?"
cat err
ls early.pvt* 2>/dev/null
true
# a closed terminal stops it as well, unless nohup said not to
start hangup
kill -HUP $pid
wait $pid
echo "exit $?"
perfvec info hangup.pvt | grep -c '^instructions'
