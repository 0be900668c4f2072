#!/bin/bash
# run.sh BUILD [PATTERN] - run every test program and script, in parallel, and print one line for each
#
# A test passes with status 0 and is skipped with status 77 (its last line says why). The log of a failing test is printed whole.
# PATTERN (a grep expression) runs only the tests whose name matches.
set -u
build=$(cd "$1" && pwd)
pattern=${2:-.}
cd "$(dirname "$0")/.." || exit 1
logs=$build/tests/log
mkdir -p "$logs"

run_one() {
	build=$1 logs=$2 t=$3
	log=$logs/$(echo "$t" | tr / _)
	start=$(date +%s%N)
	case $t in
	tests/cli/*/*.sh) tests/cli/run_case.sh "$build" "$t" >"$log" 2>&1 ;;
	tests/*.sh) "$t" "$build" >"$log" 2>&1 ;;
	tests/fuzz/*) "$build/$t" "tests/fuzz/corpus/$(basename "$t")" >"$log" 2>&1 ;;
	*) "$build/$t" >"$log" 2>&1 ;;
	esac
	status=$?
	ms=$((($(date +%s%N) - start) / 1000000))
	case $status in
	0) echo "pass $t (${ms} ms)" ;;
	77) echo "skip $t: $(tail -n 1 "$log")" ;;
	*) printf 'FAIL %s (status %d, %d ms)\n%s\n' "$t" $status $ms "$(sed 's/^/    /' "$log" | tail -n 60)" ;;
	esac
}
export -f run_one

list() {
	ls tests/*.sh tests/cli/*/*.sh 2>/dev/null | grep -v -e '^tests/run.sh$'
	ls tests/unit/u_*.c tests/scenario/[0-9]*.c tests/golden/g_*.c tests/grad/d_*.c tests/fuzz/f_*.c 2>/dev/null | sed 's/\.c$//'
}

results=$logs/results
list | grep -e "$pattern" | xargs -P "$(nproc)" -I{} bash -c 'run_one "$@"' _ "$build" "$logs" {} | tee "$results"
passed=$(grep -c '^pass ' "$results")
failed=$(grep -c '^FAIL ' "$results")
skipped=$(grep -c '^skip ' "$results")
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
