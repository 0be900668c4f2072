#!/bin/bash
# words.sh BUILD - one word for one thing: documents, help, public headers and the command line use the words of docs/glossary.md
#
# Each line of words() is a pattern (grep -E, whole words, any case) that was used for a thing before, and the word to use now. A line of
# allowed() excuses the lines of a file that match a pattern: stored keys and an old option's name.
set -u
build=$(cd "$1" && pwd)
cd "$(dirname "$0")/.." || exit 1
p=$build/perfvec
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
bad=0

words() {
	cat <<-'END'
	uarch[ _-]nets? => machine regression
	machine('s|s')? rows?|machines' rows? => machine vector
	rows? of (the |a |an |new |other |all )*machines? => machine vector
	(tuned|learnt|learned|trained|derived) rows? => machine vector
	rows? (learnt|learned) (from|later|for) => machine vector
	rows? from (its |their |machine )?(times|parameters) => machine vector
	(the|a|final|no) refits? => ridge fit
	what enters => input features
	END
}

allowed() {
	cat <<-'END'
	docs/formats/model.md: uarch_net
	docs/topics/training.md: `uarch_net
	CHANGELOG.md: `--uarch-net`
	cli/cmd_tune.c: "uarch-net"
	END
}

find README.md ARCHITECTURE.md CHANGELOG.md docs include cli examples -name '*.md' -o -name '*.[ch]' -o -name '*.def' | sort >"$tmp/files"
mkdir "$tmp/help"
for c in $("$p" --help | sed -n '/^commands:/,/^$/s/^  \([a-z0-9-]*\) .*/\1/p') gem5-run gem5-import gem5-compare dataset-export dataset-import; do
	case $c in
	gem5-* | dataset-*) "$p" "${c%%-*}" "${c#*-}" --help ;;
	*) "$p" "$c" --help ;;
	esac >"$tmp/help/$c"
done

allowed | sed 's/^\(.*\): \(.*\)$/^\1:[0-9]*:.*\2/' >"$tmp/allowed"
while IFS= read -r line; do
	pattern=${line% => *}
	{ xargs grep -iwnE -e "$pattern" <"$tmp/files"; (cd "$tmp" && grep -riwnE -e "$pattern" help); } | grep -v -f "$tmp/allowed" >"$tmp/hits"
	[ -s "$tmp/hits" ] || continue
	echo "'$pattern': say '${line#* => }' instead"
	cut -c1-160 "$tmp/hits"
	bad=1
done < <(words)

# The reference is said to be PerfVec's published code in one place, and README sends readers there before it uses the word.
[ "$(cat docs/*.md docs/*/*.md | grep -c '^\*\*The reference\*\* is ')" -eq 1 ] || { echo "docs define 'the reference' not once"; bad=1; }
grep -n -m1 'docs/glossary.md' README.md >"$tmp/first" || { echo "README does not link docs/glossary.md"; bad=1; }
[ "$(cut -d: -f1 "$tmp/first")" -le "$(grep -n -m1 -i 'the reference' README.md | cut -d: -f1)" ] || { echo "README says 'the reference' before it links the glossary"; bad=1; }
[ $bad -eq 0 ] && echo "words: $(wc -l <"$tmp/files") files and the help say one word for one thing"
exit $bad
