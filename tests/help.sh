#!/bin/bash
# help.sh BUILD - every command explains itself, refuses what it does not know, and has the options that the documents say
#
# A document's table of a command's options stands between "<!-- options: COMMAND -->" and "<!-- end -->", its first column names the
# options. Table and `perfvec COMMAND --help` must have the same ones. Options behind "perfvec COMMAND" anywhere in a document must be
# options of that command, and any other `--option` one of some command's, or of another program's (the list below).
set -u
build=$(cd "$1" && pwd)
cd "$(dirname "$0")/.." || exit 1
p=$build/perfvec
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
bad=0
complain() { echo "$1"; bad=1; }
documents=$(find README.md ARCHITECTURE.md docs -name '*.md' | sort)
# Options of zstd, gem5 and PerfVec's own programs that documents name.
others="--single-thread --debug-flags"

[ "$("$p" --version)" = "perfvec $(sed -n 's/^#define PV_VERSION "\(.*\)"/\1/p' include/perfvec/version.h)" ] || complain "--version disagrees with version.h"
commands=$("$p" --help | sed -n '/^commands:/,/^$/s/^  \([a-z0-9-]*\) .*/\1/p')
[ -n "$commands" ] || complain "'perfvec --help' lists no command"
for c in $commands; do
	"$p" "$c" --help >"$tmp/help" 2>&1 || complain "'perfvec $c --help' fails"
	grep -q "^usage: perfvec $c" "$tmp/help" || complain "'perfvec $c --help' has no usage line"
	awk 'length > 160 { exit 1 }' "$tmp/help" || complain "'perfvec $c --help' has a line over 160 characters"
	"$p" "$c" --no-such-option >/dev/null 2>"$tmp/err"
	[ $? -eq 2 ] || complain "'perfvec $c --no-such-option' does not exit with 2"
	grep -q '^error: ' "$tmp/err" || complain "'perfvec $c --no-such-option' prints no error"
	grep -q "perfvec $c" $documents || complain "no document mentions 'perfvec $c'"
done
"$p" nonsense >/dev/null 2>&1
[ $? -eq 2 ] || complain "an unknown command does not exit with 2"

# Options in help and options in tables. Verbs that have a help of their own come after their command.
verbs=$(sed -n 's/^X(\(.*\))$/dataset-\1/p' cli/dataset_verbs.def; sed -n 's/^X(\(.*\))$/gem5-\1/p' cli/gem5_verbs.def)
n_options=0
for name in $commands $verbs; do
	case $name in
	dataset-*) c="dataset ${name#dataset-}" ;;
	gem5-*) c="gem5 ${name#gem5-}" ;;
	*) c=$name ;;
	esac
	$p $c --help | sed -n '/^options:/,$s/^  ...[ ]*--\([a-z0-9-]*\).*/--\1/p' | grep -vx -e --help | sort >"$tmp/in_help"
	[ -s "$tmp/in_help" ] || continue
	n_options=$((n_options + $(wc -l <"$tmp/in_help")))
	cp "$tmp/in_help" "$tmp/options.$name"
	cat $documents | sed -n "/^<!-- options: $c -->\$/,/^<!-- end -->\$/p" | cut -d'|' -f2 | grep -o -e '--[a-z0-9][a-z0-9-]*' | sort >"$tmp/in_table"
	[ -s "$tmp/in_table" ] || { complain "no document has a table '<!-- options: $c -->'"; continue; }
	uniq -d "$tmp/in_table" >"$tmp/twice"
	[ -s "$tmp/twice" ] && complain "options of 'perfvec $c' that stand twice in a table: $(tr '\n' ' ' <"$tmp/twice")"
	diff <(sort -u "$tmp/in_help") <(sort -u "$tmp/in_table") >"$tmp/diff" ||
		complain "options of 'perfvec $c' (< only in its help, > only in the documents' table):
$(grep '^[<>]' "$tmp/diff")"
done
[ "$n_options" -gt 100 ] || complain "only $n_options options found in help"

# Options behind a command, in blocks (lines that end with \ go on) and in backticks; those of a traced program come after " -- ".
cat $documents | grep -v '^<!--' | awk '{ if (sub(/\\$/, "")) { line = line $0; next } print line $0; line = "" }' |
	grep -o 'perfvec [a-z0-9-]*[^`|#]*' | sed 's/ -- .*//; s/[;)]  *.*//' | grep -e ' --[a-z]' |
	while read -r _ c rest; do
		verb=${rest%% *}
		[ -e "$tmp/options.$c-$verb" ] && c=$c-$verb
		for option in $(echo "$rest" | grep -o -e '\(^\| \)--[a-z0-9-]*' | tr -d ' '); do
			[ "$option" = --help ] && continue
			[ -e "$tmp/options.$c" ] && grep -qx -e "$option" "$tmp/options.$c" || echo "a document uses 'perfvec $c' with $option, which it does not have"
		done
	done >"$tmp/unknown"
[ -s "$tmp/unknown" ] && complain "$(sort -u "$tmp/unknown")"
cat "$tmp"/options.* | sort -u >"$tmp/all"
for option in $(cat $documents | grep -o -e '`--[a-z][a-z0-9-]*' | tr -d '`' | sort -u); do
	case " --help --version $others " in *" $option "*) continue ;; esac
	grep -qx -e "$option" "$tmp/all" || complain "a document names $option, which no command has"
done
[ $bad -eq 0 ] && echo "help: $(echo $commands $verbs | wc -w) commands explain themselves, $n_options options as in the documents"
exit $bad
