# gem5's traces in, PerfVec's raw files out: what PerfVec's own tools make of the same traces, all 16 targets of 18 machines byte for byte
shared=$ROOT/../shared/gem5
[ -d "$shared" ] || { echo "needs ../shared/gem5"; exit 77; }
command -v zstd >/dev/null || { echo "needs zstd"; exit 77; }
/usr/bin/python3 -c 'import numpy' 2>/dev/null || { echo "needs python3-numpy"; exit 77; }
for k in chase tokens; do
	traces=$(sed "s|.*|$shared/$k/&.txt.zst|" "$shared/reference/$k/machines.txt")
	perfvec gem5 import --program $k -o d$k --targets all --quiet $traces >/dev/null || exit 1
	perfvec dataset export d$k --format perfvec -o raw$k --quiet >/dev/null || exit 1
	zstd -qdc "$shared/reference/$k/ref.in.zst" >$k.in
	zstd -qdc "$shared/reference/$k/ref.out.zst" >$k.out
	perfvec dataset import raw$k -o again$k --quiet && cmp d$k/$k.targets.npy again$k/$k.targets.npy && cmp d$k/$k.all_targets.npy again$k/$k.all_targets.npy
done
/usr/bin/python3 - <<'PY'
import numpy as np
for k in ("chase", "tokens"):
    mine = [np.fromfile("raw%s/%s.%s.mmap" % (k, k, w), t) for w, t in (("in", "<f4"), ("out", "<u2"))]
    theirs = [np.array(open("%s.%s" % (k, w)).read().split(), dtype=float).astype(t) for w, t in (("in", "<f4"), ("out", "<u2"))]
    n = min(len(mine[0]), len(theirs[0]))
    print(k, n // 51, "rows, features within 5e-6:", (abs(mine[0][:n] - theirs[0][:n]) <= 5e-6 * abs(theirs[0][:n])).all(),
          "targets:", len(mine[1]) == len(theirs[1]) and (mine[1] == theirs[1]).all())
PY
