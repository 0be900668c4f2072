# a program that replaces itself: recorded until then, said, and the status is the other program's
. "$ROOT/tests/cli/trace/lib/guest.sh"
guest replace
trace -o r.pvt -- ./replace
echo "exit $?"
perfvec dump r.pvt | tail -n 1 | grep -c syscall
