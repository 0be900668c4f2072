#!/bin/bash
# rooms.sh - check that each room includes only what the dependency table of ARCHITECTURE.md allows
set -u
cd "$(dirname "$0")/.." || exit 1

# The rooms that a room may include, from the table of ARCHITECTURE.md (its own and <perfvec/...> are always allowed inside src/)
allowed() {
	awk -F '|' -v room="\`src/$1/\`" 'index($2, room) { print $4; found = 1 } END { if (!found) print "UNKNOWN" }' ARCHITECTURE.md
}

bad=0
complain() { echo "$1"; bad=1; }

for dir in src/*/; do
	room=$(basename "$dir")
	ok=$(allowed "$room")
	[ "$ok" = UNKNOWN ] && complain "$dir: a room that the table does not know"
	while IFS=: read -r file line text; do
		target=$(sed -n 's/.*"\([^"]*\)".*/\1/p' <<<"$text")
		case $target in
		*/*) other=${target%%/*} ;;
		*) complain "$file:$line: write the room: #include \"$room/$target\""; continue ;;
		esac
		[ "$other" = "$room" ] && continue
		grep -qw -- "$other" <<<"$ok" || complain "$file:$line: $room may not include $other ($target)"
	done < <(grep -nE '^#[[:space:]]*include[[:space:]]+"' -r "$dir" --include='*.c' --include='*.h')
done

# The command line uses the public interface only; so do the examples.
while IFS=: read -r file line text; do
	target=$(sed -n 's/.*"\([^"]*\)".*/\1/p' <<<"$text")
	[ "${target#cli/}" != "$target" ] || [ -f "cli/$target" ] || complain "$file:$line: cli may include <perfvec/...> and its own headers only ($target)"
done < <(grep -nE '^#[[:space:]]*include[[:space:]]+"' -r cli --include='*.c' --include='*.h')

while IFS=: read -r file line text; do
	complain "$file:$line: an example includes ${text}"
done < <(grep -nE '^#[[:space:]]*include' -r examples --include='*.c' --include='*.h' | grep -vE '<(perfvec/[a-z_]+\.h|[a-z_]+\.h)>')

# Public headers: standard headers and each other.
while IFS=: read -r file line text; do
	complain "$file:$line: a public header includes ${text}"
done < <(grep -nE '^#[[:space:]]*include' -r include | grep -vE '<(perfvec/[a-z0-9_]+\.(h|def)|std[a-z]+\.h)>')

# Libraries that live in one room only.
only() {
	local file line place
	while IFS=: read -r file line _; do
		for place in "${@:2}"; do
			case $file in "$place"*) continue 2 ;; esac
		done
		complain "$file:$line: <$1> belongs to ${*:2}"
	done < <(grep -nE "#[[:space:]]*include[[:space:]]+<$1" -r src cli tracer)
}
only 'capstone' src/isa/
only 'libfyaml' src/base/
only 'jansson' src/base/
only 'cblas' src/nn/ src/base/linalg.c

[ $bad -eq 0 ] && echo "rooms: every include is allowed"
exit $bad
