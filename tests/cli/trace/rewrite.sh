# code replaced at the same address is recorded as what it is each time
. "$ROOT/tests/cli/trace/lib/guest.sh"
guest rewrite
trace -o r.pvt -- ./rewrite
echo "exit $?"
perfvec dump r.pvt | awk '$2 == "0x10000000" { print $4 }'
breaks r.pvt
