# --skip and --length cut at exactly the instruction asked for: the piece equals the same piece of the whole
. "$ROOT/tests/cli/trace/lib/guest.sh"
guest stores
trace -o whole.pvt -- ./stores
instructions whole.pvt >whole
breaks whole.pvt
for cut in '0 1' '0 1000' '1 1' '777 1003' '3001 4096' '5000 1'; do
	set -- $cut
	trace -o piece.pvt --skip $1 --length $2 -- ./stores </dev/null >/dev/null
	echo "skip $1 length $2: exit $?"
	instructions piece.pvt >piece
	tail -n +$(($1 + 1)) whole | head -n $2 | cmp - piece && perfvec info piece.pvt | grep '^instructions'
done
total=$(wc -l <whole)
trace -o rest.pvt --skip $((total - 5)) -- ./stores
instructions rest.pvt | wc -l
trace -o none.pvt --skip $((total + 5)) -- ./stores 2>&1 | sed "s/$total/TOTAL/; s/$((total + 5))/SKIP/"
ls | grep -c none.pvt
