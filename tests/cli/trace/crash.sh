# a program that crashes: its status, a note, and a trace that is whole up to the crash
. "$ROOT/tests/cli/trace/lib/guest.sh"
ulimit -c 0
guest crash
trace -o c.pvt -- ./crash 2>err
echo "exit $?"
grep -v '^qemu:' err
breaks c.pvt
at=$(symbol crash bad_load)
perfvec dump c.pvt | tail -n 1 | awk -v at=$at '{ print ($2 == at ? "ends at bad_load" : "ends at " $2), $9 }'
trace -o a.pvt -- ./crash abort 2>err
echo "exit $?"
grep -v '^qemu:' err
breaks a.pvt
ls
