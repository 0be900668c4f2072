# two machines' traces through FIFOs give what the reference's own tools print for these traces; nothing but the dataset and logs stays
. "$ROOT/tests/cli/gem5_run/lib/gem5.sh"
perfvec uarch show timing | sed 's/^name: .*/name: rand_minor_61/; s/n_rob: .*/n_rob: 48/' >other.yaml
perfvec gem5 run --gem5 "$gem5" --uarch timing,other.yaml -j 2 -q -o ds -- ./prog 'a b' '"c"'
echo "exit $?"
zstd -dcq "$FAKE_TRACES/ref.out.zst" | awk '{ print $3 > "ref.timing"; print $19 > "ref.minor" }'
column ds 2 1 | cmp - ref.minor && column ds 2 2 | cmp - ref.timing && echo "times are the reference's"
ls . ds ds.log
grep -h -e program -e fake ds.log/timing.log | sed -e "s|$PWD|TMP|g" -e "s|$ROOT|ROOT|"
perfvec gem5 run --gem5 "$gem5" --uarch timing,other.yaml -j 1 -q --targets all -o all -- ./prog 'a b' '"c"' >out && head -n 1 out
cmp ds/prog.features.npy all/prog.features.npy && cmp ds/prog.targets.npy all/prog.targets.npy && echo "same at any -j and with all targets"
python3 - all/prog.all_targets.npy "$FAKE_TRACES/ref.out.zst" <<'END'
import struct, subprocess, sys
data = open(sys.argv[1], "rb").read()
n, = struct.unpack("<H", data[8:10])
ours = struct.unpack("<%dH" % ((len(data) - 10 - n) // 2), data[10 + n:])
theirs = [list(map(int, line.split())) for line in subprocess.run(["zstd", "-dcq", sys.argv[2]], stdout=subprocess.PIPE).stdout.splitlines()]
theirs = [row[16:] + row[:16] for row in theirs]
print("all 16 targets are the reference's:", list(ours) == [x for row in theirs for x in row])
END
ln -s "$FAKE_TRACES/timing.txt.zst" timing.txt.zst; ln -s "$FAKE_TRACES/timing.sq.txt.zst" timing.sq.txt.zst
for f in txt sq.txt; do ln -s "$FAKE_TRACES/rand_minor_61.$f.zst" rand_minor_61.$f.zst; done
perfvec gem5 import rand_minor_61.txt.zst timing.txt.zst --program prog --targets all -o imported >/dev/null
for f in features targets all_targets; do cmp all/prog.$f.npy imported/prog.$f.npy; done && echo "as imported"
