# without QEMU in PATH the error says how to get it
. "$ROOT/tests/cli/trace/lib/guest.sh"
guest stores
PATH=$BUILD perfvec trace -o e.pvt -- ./stores
echo "exit $?"
ls
