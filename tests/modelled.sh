#!/bin/bash
# modelled.sh BUILD - the simulator reads every parameter that the table calls modelled, and no other
#
# A parameter counts as read when its field's name stands behind "->" or "." in src/sim. Cache fields are alike for all caches, so
# one use counts for all. After a change of the column "modelled" in src/uarch/params.def run docs/machines.sh.
set -u
build=$(cd "$1" && pwd)
cd "$(dirname "$0")/.." || exit 1
[ -d src/sim ] || { echo "no simulator here"; exit 77; }
bad=0
while read -r name modelled; do
	field=${name##*.}
	if grep -rqE "(->|\.)$field\b" src/sim --include='*.c' --include='*.h'; then used=yes; else used=no; fi
	[ "$used" = "$modelled" ] || { echo "$name: modelled: $modelled, but read in src/sim: $used"; bad=1; }
done < <("$build/perfvec" uarch params | awk '
	/^[a-z]/ { name = $1; modelled = "yes" }
	/\[not modelled yet\]/ { modelled = "no" }
	/^  sampled/ && name !~ /^(units|operations)\./ { print name, modelled }')
grep -rq 'units.count\|units->count' src/sim && grep -rq 'latency_cycles' src/sim || { echo "functional units are not read"; bad=1; }
[ $bad -eq 0 ] && echo "modelled: table and simulator agree"
exit $bad
