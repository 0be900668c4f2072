#!/bin/bash
# run_case.sh BUILD CASE.sh - run a script in an empty folder and compare what it prints with CASE.out
#
# The script sees: perfvec on PATH, $ROOT (the source tree), $BUILD. Both output streams are compared, after the temporary folder's
# name was replaced by TMP. UPDATE=1 writes the expected file instead.
set -u
BUILD=$(realpath "$1")
case=$(realpath "$2")
ROOT=$(pwd)
export BUILD ROOT PATH="$BUILD:$PATH"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
(cd "$tmp" && bash -u "$case" >"$tmp/.stdout" 2>&1)
status=$?
[ $status -eq 77 ] && { tail -n 1 "$tmp/.stdout"; exit 77; }
sed -e "s|$tmp|TMP|g" "$tmp/.stdout" >"$tmp/.got"
echo "[exit $status]" >>"$tmp/.got"
expected=${case%.sh}.out
if [ "${UPDATE:-0}" = 1 ]; then
	cp "$tmp/.got" "$expected"
fi
diff -u "$expected" "$tmp/.got"
