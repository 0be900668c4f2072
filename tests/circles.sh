#!/bin/bash
# circles.sh BUILD - no circle of source files that call each other
#
# A file calls another one when its object needs a symbol that the other's object defines. Files stand in a circle when each reaches every
# other one by calls: none of them can then be read, tested or moved without the others. The whole library is searched, so that a circle
# between two rooms is found as well as one inside a room.
set -u
build=$(cd "$1" && pwd)
cd "$(dirname "$0")/.." || exit 1

objects=()
for file in src/*/*.c src/*/*/*.c; do
	object=$build/obj/${file%.c}.o
	[ -f "$object" ] || { echo "no object of $file: build the library first"; exit 1; }
	objects+=("$object")
done

# Lines "CALLER CALLEE SYMBOL"; symbols of libraries have no home here.
calls=$(nm -gA --format=posix "${objects[@]}" | sed "s|^$build/obj/src/||; s|\.o: |.c |" | awk '
	$3 != "U" { home[$2] = $1; next }
	{ caller[++n] = $1; symbol[n] = $2 }
	END {
		for (i = 1; i <= n; i++)
			if (symbol[i] in home && home[symbol[i]] != caller[i])
				print caller[i], home[symbol[i]], symbol[i]
	}')

# One line for each circle: the names of its files.
circles=$(sort -u <<<"$calls" | awk '
	function visit(from, at,    i, n, callee) {
		n = split(callees[at], callee)
		for (i = 1; i <= n; i++)
			if (!((from, callee[i]) in reaches)) {
				reaches[from, callee[i]] = 1
				visit(from, callee[i])
			}
	}
	!(($1, $2) in reached) { reached[$1, $2] = 1; callees[$1] = callees[$1] " " $2 }
	!($1 in number) { number[$1] = ++n; name[n] = $1 }
	END {
		for (i = 1; i <= n; i++)
			visit(name[i], name[i])
		for (i = 1; i <= n; i++) {
			circle = ""
			for (k = 1; k <= n; k++)
				if ((name[i], name[k]) in reaches && (name[k], name[i]) in reaches && !(name[k] in done)) {
					circle = circle (circle == "" ? "" : " ") name[k]
					done[name[k]] = 1
				}
			if (circle != "")
				print circle
		}
	}')

bad=0
while read -r circle; do
	[ -n "$circle" ] || continue
	bad=1
	echo "a circle of files that call each other: $circle"
	while read -r caller callee symbol; do
		[[ " $circle " == *" $caller "* && " $circle " == *" $callee "* ]] && echo "    $caller calls $callee: $symbol"
	done <<<"$calls"
done <<<"$circles"
[ $bad -eq 0 ] && echo "circles: none"
exit $bad
