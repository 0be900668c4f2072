#!/bin/bash
# exported.sh BUILD - the shared library exports the functions that the public headers declare, and no struct tag is defined twice
set -u
build=$(cd "$1" && pwd)
cd "$(dirname "$0")/.." || exit 1
if grep -q -- -fsanitize "$build/flags"; then
	echo "a sanitized library exports names of its run time"
	exit 77
fi
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
bad=0
complain() { echo "$1"; bad=1; }

# Declared: the compiler's own list of the prototypes it saw in include/perfvec, inline functions apart.
for h in include/perfvec/*.h; do printf '#include <perfvec/%s>\n' "$(basename "$h")"; done >"$tmp/all.c"
gcc -std=c17 -Iinclude -fsyntax-only -aux-info "$tmp/prototypes" "$tmp/all.c" || exit 1
sed -n 's|^/\* include/perfvec/[^ ]*:NC \*/ extern [^(]*[ *]\([A-Za-z0-9_]*\) (.*|\1|p' "$tmp/prototypes" | sort -u >"$tmp/declared"
nm -D --defined-only "$build/libperfvec.so" | awk '{ print $3 }' | sort -u >"$tmp/exported"
[ -s "$tmp/declared" ] && [ -s "$tmp/exported" ] || { echo "no names found"; exit 1; }
for name in $(comm -13 "$tmp/declared" "$tmp/exported"); do complain "$name is exported, but no public header declares it"; done
for name in $(comm -23 "$tmp/declared" "$tmp/exported"); do complain "$name is declared in a public header, but not exported"; done
grep -v '^pv_' "$tmp/declared" | while read -r name; do echo "$name is declared in a public header without the prefix pv_"; done | grep . && bad=1

# The soname is that of version.h.
abi=$(sed -n 's/^#define PV_ABI \([0-9]*\)/\1/p' include/perfvec/version.h)
readelf -d "$build/libperfvec.so" | grep -q "soname: \[libperfvec.so.$abi\]" || complain "the soname is not libperfvec.so.$abi"

# A tag that a header defines belongs to it alone; the same tag in several source files is each one's own, unless it claims to be public.
grep -rnoE '^[[:space:]]*((typedef|static|const)[[:space:]]+)*(struct|enum|union)[[:space:]]+[a-z0-9_]+[[:space:]]*\{' include src --include='*.h' --include='*.c' --include='*.def' |
	sed -E 's/^([^:]*):([0-9]*):.*(struct|enum|union)[[:space:]]+([a-z0-9_]+)[[:space:]]*\{/\4 \1:\2/' | sort >"$tmp/tags"
[ "$(wc -l <"$tmp/tags")" -gt 300 ] || complain "only $(wc -l <"$tmp/tags") tags found"
awk '{ where[$1] = where[$1] " " $2; n[$1]++; if ($2 ~ /\.h:/ || $1 ~ /^pv_/) shared[$1] = 1 }
	END { for (tag in n) if (n[tag] > 1 && shared[tag]) print "tag " tag " is defined twice:" where[tag] }' "$tmp/tags" | sort >"$tmp/twice"
while read -r line; do complain "$line"; done <"$tmp/twice"
# Only include/perfvec defines tags, and declares functions, under the public prefix; sources define the opaque ones.
[ $bad -eq 0 ] && echo "exported: $(wc -l <"$tmp/exported") functions, all declared; $(wc -l <"$tmp/tags") tags, none shared by mistake"
exit $bad
