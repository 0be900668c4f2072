# a block left in the middle: nothing after the faulting instruction is recorded, and it is marked
. "$ROOT/tests/cli/trace/lib/guest.sh"
guest faults
trace -o f.pvt -- ./faults
echo "exit $?"
breaks f.pvt
perfvec dump f.pvt >dump
echo "faults: $(grep -c ',fault$' dump)"
# two_loads: ldr, ldr, add, str, add, ret; five of ten calls stop at the second load
start=$(symbol faults two_loads)
for i in 0 1 2 3 4 5; do
	pc=$(printf '0x%x' $((start + 4 * i)))
	awk -v pc=$pc -v i=$i '$2 == pc { n++; if ($9 ~ /fault/) f++; if ($7 == "-") none++ } END { print "instruction " i ": " n " times, " f + 0 " faults, " none + 0 " without address" }' dump
done
