#!/bin/bash
# help.sh BUILD - every command explains itself, refuses what it does not know, and is named in the README
set -u
build=$(cd "$1" && pwd)
cd "$(dirname "$0")/.." || exit 1
p=$build/perfvec
bad=0
complain() { echo "$1"; bad=1; }

[ "$("$p" --version)" = "perfvec $(sed -n 's/^#define PV_VERSION "\(.*\)"/\1/p' include/perfvec/version.h)" ] || complain "--version disagrees with version.h"
commands=$("$p" --help | sed -n '/^commands:/,/^$/s/^  \([a-z0-9-]*\) .*/\1/p')
[ -n "$commands" ] || complain "'perfvec --help' lists no command"
for c in $commands; do
	"$p" "$c" --help >/tmp/help.$$ 2>&1 || complain "'perfvec $c --help' fails"
	grep -q "^usage: perfvec $c" /tmp/help.$$ || complain "'perfvec $c --help' has no usage line"
	awk 'length > 160 { exit 1 }' /tmp/help.$$ || complain "'perfvec $c --help' has a line over 160 characters"
	"$p" "$c" --no-such-option >/dev/null 2>/tmp/err.$$
	[ $? -eq 2 ] || complain "'perfvec $c --no-such-option' does not exit with 2"
	grep -q '^error: ' /tmp/err.$$ || complain "'perfvec $c --no-such-option' prints no error"
	grep -q "perfvec $c" README.md docs -r || complain "no document mentions 'perfvec $c'"
done
rm -f /tmp/help.$$ /tmp/err.$$
"$p" nonsense >/dev/null 2>&1
[ $? -eq 2 ] || complain "an unknown command does not exit with 2"
[ $bad -eq 0 ] && echo "help: $(echo $commands | wc -w) commands explain themselves"
exit $bad
