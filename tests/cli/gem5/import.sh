# Traces become a dataset and a .pvt; the same whatever the packing, line ends, pipes and threads; programs are added
cut=$ROOT/tests/golden/gem5_cut
command -v zstd >/dev/null && command -v xz >/dev/null || { echo "no zstd or xz"; exit 77; }
machines=$(cat "$cut/machines.txt")
for m in $machines; do zstd -dqc "$cut/$m.txt.zst" >$m.txt; zstd -dqc "$cut/$m.sq.txt.zst" >$m.sq.txt; done
import() { perfvec gem5 import -q "$@" --program cut --targets all; }
set -- $machines
import $(printf '%s.txt ' $machines) -o plain -j 1
import $(printf "$cut/%s.txt.zst " $machines) -o packed -j 4 >/dev/null
same() { for f in features targets all_targets; do cmp plain/cut.$f.npy $1/cut.$f.npy; done; cmp <(perfvec dump plain/cut.pvt) <(perfvec dump $1/cut.pvt) && echo "$1: the same"; }
same packed
mkdir crlf gz xz fifo
for m in $machines; do
	for f in $m.txt $m.sq.txt; do
		sed 's/$/\r/' $f >crlf/$f
		gzip -c $f >gz/$f.gz
		xz -0c $f >xz/$f.xz
		mkfifo fifo/$f
	done
	{ cat $m.sq.txt >fifo/$m.sq.txt & cat $m.txt >fifo/$m.txt; wait; } &
done
import $(printf 'crlf/%s.txt ' $machines) -o d_crlf >/dev/null && same d_crlf
import $(printf 'gz/%s.txt.gz ' $machines) -o d_gz >/dev/null && same d_gz
import $(printf 'xz/%s.txt.xz ' $machines) -o d_xz >/dev/null && same d_xz
import $(printf 'fifo/%s.txt ' $machines) -o d_fifo >/dev/null && same d_fifo
import <(zstd -dqc "$cut/$1.txt.zst") <(cat "$cut/$2.txt.zst") --stores <(cat $1.sq.txt),<(gzip -c $2.sq.txt) --uarch-names $1,$2 -o pipes >/dev/null && same pipes
perfvec dataset check plain

# Ctrl-C while nobody writes (in the foreground: else timeout signals the process and its group, and a second Ctrl-C ends it at once)
mkfifo silent.txt silent.sq.txt
timeout --foreground -s INT 4 perfvec gem5 import -q silent.txt --program p -o never
ls -d never* 2>/dev/null

# the time alone; another program is added, the first is kept
perfvec gem5 import -q $(printf '%s.txt ' $machines) --program cut -o one --trace one.pvt >/dev/null
cmp one/cut.targets.npy plain/cut.targets.npy && ls one one.pvt
head -n 2000 $1.txt >$1.short.txt && cp $1.sq.txt $1.short.sq.txt
perfvec gem5 import -q $1.short.txt $(printf '%s.txt ' $machines | cut -d' ' -f2-) --uarch-names $(echo $machines | tr ' ' ,) --program short --add \
	--unseen-programs short -o one
perfvec dataset check one
cmp one/cut.targets.npy plain/cut.targets.npy && cmp one/cut.features.npy plain/cut.features.npy && echo kept

# our simulator times the stream that gem5 timed
perfvec simulate -q plain/cut.pvt --uarch o3,minor -o ours | head -n 1
