# NumPy opens what is in a dataset: names, shapes, sums; and what NumPy writes in its place is a dataset too
/usr/bin/python3 -c 'import numpy' 2>/dev/null || { echo "needs python3-numpy"; exit 77; }
"$BUILD"/tests/unit/u_dataset d || exit 1
/usr/bin/python3 - <<'PY'
import numpy as np
f = np.load("d/alpha.features.npy", mmap_mode="r")
t = np.load("d/beta.targets.npy")
print(f.dtype.itemsize, f.shape, f.dtype.names)
print(f["fetch_reuse"][:4], f["src_index"].shape, f["op"].dtype)
print(t.dtype, t.shape, t.sum(axis=0, dtype=np.uint64))
last = (f["flags"] >> 17) & 1
print(last.sum(), f["fetch_reuse"][:9216].mean())
rows = np.array(f)
np.save("d/alpha.features.npy", rows)
np.save("d/beta.targets.npy", t.astype("<u4"))
PY
perfvec dataset check d
