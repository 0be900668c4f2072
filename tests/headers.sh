#!/bin/bash
# headers.sh BUILD - each private header compiles by itself, and with the whole public interface before and after it
set -u
build=$(cd "$1" && pwd)
cd "$(dirname "$0")/.." || exit 1
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
flags="-std=c17 -D_GNU_SOURCE -Iinclude -Isrc -Wall -Wextra -Werror -Wno-unused-function $(pkg-config --cflags libzstd zlib liblzma capstone libfyaml jansson openblas libdw libelf 2>/dev/null)"

one() {
	h=${2#src/}
	name=$1/$(echo "$h" | tr / _)
	printf '#include "%s"\n#include <perfvec/perfvec.h>\n' "$h" >"$name.1.c"
	printf '#include <perfvec/perfvec.h>\n#include "%s"\n' "$h" >"$name.2.c"
	# shellcheck disable=SC2086
	gcc $3 -fsyntax-only "$name.1.c" && gcc $3 -fsyntax-only "$name.2.c" || echo "$h" >>"$1/bad"
}
export -f one
find src -name '*.h' | sort | xargs -P "$(nproc)" -I{} bash -c 'one "$@"' _ "$tmp" {} "$flags" 2>&1
[ -s "$tmp/bad" ] && { echo "do not compile:"; sort "$tmp/bad"; exit 1; }
echo "headers: $(find src -name '*.h' | wc -l) compile by themselves and with perfvec.h"
: "$build"
