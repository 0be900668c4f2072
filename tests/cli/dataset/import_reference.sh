# what PerfVec's own tools made of gem5's traces, as they put it into raw files: imported whole, exported the same but for six-digit entropies
ref=$ROOT/../shared/gem5/reference
[ -d "$ref" ] || { echo "needs ../shared/gem5"; exit 77; }
command -v zstd >/dev/null || { echo "needs zstd"; exit 77; }
/usr/bin/python3 -c 'import numpy' 2>/dev/null || { echo "needs python3-numpy"; exit 77; }
mkdir raw text
for k in chase matmul tokens; do
	zstd -qdc "$ref/$k/ref.in.zst" >text/$k.in
	zstd -qdc "$ref/$k/ref.out.zst" >text/$k.out
done
/usr/bin/python3 - <<'PY'
import numpy as np
for k in ("chase", "matmul", "tokens"):
    for what, dtype in (("in", "<f4"), ("out", "<u2")):
        rows = [line.split() for line in open("text/%s.%s" % (k, what))]
        x = np.array(rows, dtype=float)
        y = x.astype(dtype)
        assert what == "in" or (y == x).all()
        y.tofile("raw/%s.%s.mmap" % (k, what))
PY
names=$(tr '\n ' ',,' <"$ref/chase/machines.txt" | tr -s ',' | sed 's/,$//')
perfvec dataset import raw -o d --uarch-names "$names" --quiet
perfvec dataset check d
perfvec dataset info d | grep -A 4 '^program '
perfvec dataset export d --format perfvec -o again --quiet
for k in chase matmul tokens; do cmp raw/$k.out.mmap again/$k.out.mmap && echo "$k: the same targets"; done
/usr/bin/python3 - <<'PY'
import numpy as np
for k in ("chase", "matmul", "tokens"):
    a, b = (np.fromfile("%s/%s.in.mmap" % (d, k), "<f4").reshape(-1, 51) for d in ("raw", "again"))
    a = a[:len(b)]  # there may be more features than targets
    other = [f for f in range(51) if f not in (16, 17)]
    print(k, a.shape, "other features equal:", (a[:, other] == b[:, other]).all(), "entropies within 5e-7:", abs(a - b).max() <= 5e-7,
          "entropies that became exact:", int((a != b).sum()))
PY
