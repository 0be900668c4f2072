# Each way a trace can be bad: file, line, field and what was expected; nothing is left behind
cut=$ROOT/tests/golden/gem5_cut
command -v zstd >/dev/null || { echo "no zstd"; exit 77; }
zstd -dqc "$cut/timing.txt.zst" >good.txt
zstd -dqc "$cut/timing.sq.txt.zst" >good.sq.txt
try() {
	echo "== $1"
	shift
	perfvec gem5 import -q --program p -o d "$@" >/dev/null
	echo "exit $?"
	ls -d d d.* 2>/dev/null
}
# variant NAME SCRIPT [SQ_SCRIPT]: the good trace changed by sed
variant() { sed "$2" good.txt >$1.txt; sed "${3:-}" good.sq.txt >$1.sq.txt; }
head -c 20000 good.txt | head -c -7 >cut.txt; cp good.sq.txt cut.sq.txt
try 'truncated last line' cut.txt
variant lost '' '3d'
try 'a store without its line' lost.txt
variant disagree '' '2s/^\([0-9]*\) \([0-9]*\) \([0-9]*\)/\1 \2 7\3/'
try 'fields that disagree' disagree.txt
variant word '100s/^0 -1 [0-9]*/0 -1 12x/'
try 'a non-number' word.txt
variant regs '/  *[0-9] [0-9]  *[0-9 ]*$/{0,/  2 1  /s/  2 1  /  9 1  /}'
try 'more than 8 sources' regs.txt
variant regs6 '0,/  2 1  /s/  2 1  /  2 7  /'
try 'more than 6 destinations' regs6.txt
variant huge '5s/^0 -1 [0-9]*/0 -1 99999999999999999999999/'
try 'an absurd number' huge.txt
: >empty.txt; : >empty.sq.txt
try 'an empty file' empty.txt
printf '1000 0x400 LOAD 8\n1004 0x404 ADD\n' >other.txt; : >other.sq.txt
try 'a trace of another simulator' other.txt
head -c 3000 /dev/zero >zeros.txt
try 'zeros' zeros.txt
cp good.txt alone.txt
try 'no file of stores' alone.txt
zstd -qc good.txt | head -c 5000 >half.txt; cp good.sq.txt half.sq.txt
try 'half of a compressed file' half.txt
cp good.sq.txt damaged.sq.txt
gzip -nc good.txt >damaged.txt; printf 'XXXXXXXX' | dd of=damaged.txt bs=1 seek=3000 conv=notrunc 2>/dev/null
try 'a damaged compressed file' damaged.txt 2>&1 | sed 's/damaged: .*/damaged: .../'
mkdir folder.txt
try 'a folder' folder.txt
try 'no such file' no.txt
mkdir a b; cp good.txt a/x.txt; cp good.sq.txt a/x.sq.txt; cp good.txt b/x.txt; cp good.sq.txt b/x.sq.txt
try 'two machines of one name' a/x.txt b/x.txt
try 'too few names' a/x.txt b/x.txt --uarch-names a
try 'held-out machine that is not there' a/x.txt b/x.txt --uarch-names a,b --unseen-uarchs c
echo 'IntAlu Nonsense' >classes
try 'op classes that are none' good.txt --op-classes classes
try 'op classes: no such numbering' good.txt --op-classes gem5-99
rm -rf d
tail -n +2 good.txt >shifted.txt; cp good.sq.txt shifted.sq.txt
try 'no row in common' good.txt shifted.txt
try 'a name with a slash' good.txt --program a/b
perfvec gem5 import -q --program p -o d good.txt >/dev/null
cp -r d before
try 'added twice' good.txt --add
try 'added with another machine' good.txt --uarch-names other --add --program q
try 'added with all targets' good.txt --add --program q --targets all
try 'added from a bad trace' word.txt --uarch-names good --add --program q
diff -r d before && echo 'as it was'
sed '1500,$d' good.txt >parts.txt; sed -n '1501,$p' good.txt >>parts.txt; cp good.sq.txt parts.sq.txt
perfvec gem5 import -q --program p -o e good.txt parts.txt
