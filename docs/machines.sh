#!/bin/sh
# machines.sh [BUILD] - rewrite the tables of docs/topics/machines.md from the parameter table of this build
set -eu
cd "$(dirname "$0")/.."
build=${1:-build}
doc=docs/topics/machines.md
"$build/perfvec" uarch params --markdown >"$doc.tables"
awk -v tables="$doc.tables" '
	/^<!-- end -->$/ { while ((getline line <tables) > 0) print line; skip = 0 }
	!skip { print }
	/^<!-- begin perfvec uarch params --markdown -->$/ { skip = 1 }
' "$doc" >"$doc.new"
rm "$doc.tables"
mv "$doc.new" "$doc"
