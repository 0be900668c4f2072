# the NumPy example of docs/formats/dataset.md: its features have the mean and deviation that the manifest says
/usr/bin/python3 -c 'import numpy, yaml' 2>/dev/null || { echo "needs python3-numpy and python3-yaml"; exit 77; }
perfvec simulate -q "$ROOT"/tests/fuzz/corpus/f_trace/sum.pvt --uarch timing,minor -o dataset >/dev/null || exit 1
sed -n '/^<!-- begin example -->/,/^<!-- end -->/p' "$ROOT"/docs/formats/dataset.md | sed '/^<!--/d; /^```/d' >example.py
cat >>example.py <<'PY'
x = x[train].astype(np.float64)
close = lambda a, b: np.allclose(a, b, rtol=1e-5, atol=1e-6)
print(len(x), close(x.mean(axis=0), manifest["features"]["mean"]), close(x.std(axis=0), manifest["features"]["std"]))
print((x[:, 16] > 0).any(), (x[:, 22] > 0).any(), len(np.unique(x[:, 18])) > 1)
print(np.array_equal(targets.sum(axis=0, dtype=np.uint64), program["total"]))
PY
/usr/bin/python3 example.py | tail -n 3
