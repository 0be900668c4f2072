#!/bin/sh
# make_traces.sh BUILD - make the traces that ship in demo/traces/ again, after a change of the trace format or of the programs
set -eu
build=$(cd "$1" && pwd)
cd "$(dirname "$0")"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
for c in ../workloads/programs/*.c; do
	name=$(basename "$c" .c)
	aarch64-linux-gnu-gcc -O2 -static -o "$tmp/$name" "$c" -lm
	out=$PWD/traces/$name.pvt
	(cd "$tmp" && env -i PATH="$PATH" "$build/perfvec" trace --program "$name" --skip 10k --length 800k -o "$out" -- "./$name" >/dev/null)
done
