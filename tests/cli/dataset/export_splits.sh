# the module's splits under PerfVec's arithmetic: every program gives the same share in blocks of 512 rows, rounded down, and the last one
# what is missing; all rows exist, and no row is in two splits
/usr/bin/python3 -c 'import numpy' 2>/dev/null || { echo "needs python3-numpy"; exit 77; }
cat >splits.py <<'PY'
import os, subprocess, sys
import numpy as np
def make(folder, sizes):
    os.mkdir(folder)
    for i, n in enumerate(sizes):
        x = np.zeros((n, 51), "<f4")
        x[:, 1] = x[:, 18] = 1
        x.tofile("%s/p%d.in.mmap" % (folder, i))
        np.zeros((n, 16), "<u2").tofile("%s/p%d.out.mmap" % (folder, i))
def run(*words):
    subprocess.run(("perfvec", "dataset") + words + ("--quiet",), check=True, stdout=subprocess.DEVNULL)
def blocks(sizes, begin, end):
    total = sum(sizes) / 512
    begin, end = begin // 512, end // 512
    first = [int(n * (begin / total) / 512) for n in sizes[:-1]]
    count = [int(n * ((end - begin) / total) / 512) for n in sizes[:-1]]
    first.append(begin - sum(first))
    count.append(end - begin - sum(count))
    return [set(range(f, f + c)) for f, c in zip(first, count)]
rng = np.random.default_rng(1)
cases = [[60000, 70001, 80000, 513, 300], [600000], [9000, 9000, 9000], [511], [5121], list(rng.integers(1, 40000, 17))]
cases += [list(rng.integers(1, 3000, 40))]
for c, sizes in enumerate(cases):
    name = "c%d" % c
    make(name, sizes)
    run("import", name, "-o", name + "d", "--targets", "time")
    run("export", name + "d", "--format", "perfvec", "-o", name + "e", "--config", name)
    sys.path.insert(0, name + "e")
    cfg = __import__(name)
    n = [rows for _, rows, _ in cfg.datasets]
    assert sorted(n) == sorted(sizes) and n[-1] == max(n) and cfg.data_set_idx == len(n)
    used = [set() for _ in n]
    for begin, end in ((0, cfg.train_size), (cfg.valid_start, cfg.valid_end), (cfg.test_start, cfg.test_end)):
        assert begin % 512 == 0 and end % 512 == 0 and begin <= end <= sum(n)
        for i, b in enumerate(blocks(n, begin, end) if end > begin else []):
            assert not b & used[i] and (not b or 0 <= min(b) and max(b) < n[i] // 512), (name, i, begin, end)
            used[i] |= b
    print(len(n), "programs,", sum(n), "rows:", cfg.ori_batch_size, cfg.train_size, cfg.valid_end - cfg.valid_start, cfg.test_end - cfg.test_start)
PY
PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 splits.py
