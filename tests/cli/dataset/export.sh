# PerfVec's files, read as PerfVec reads them: raw arrays of the sizes that the module says, normalised with stats.npz
/usr/bin/python3 -c 'import numpy' 2>/dev/null || { echo "needs python3-numpy"; exit 77; }
"$BUILD"/tests/unit/u_dataset d || exit 1
perfvec dataset export d --format perfvec -o raw
perfvec dataset export d --format perfvec -o raw --wide --config cfg
perfvec dataset export d --format perfvec -o raw --wide
perfvec dataset export d --format npz -o npz
perfvec dataset export d --format csv -o csv --limit 2
ls raw npz csv
/usr/bin/python3 - <<'PY'
import sys
import numpy as np
sys.path.insert(0, "raw")
import cfg
stats = np.load("raw/stats.npz")
mean, std = stats["mean"], stats["std"]
std[std == 0.0] = 1.0
print(mean.dtype, mean.shape, cfg.cfg_num, cfg.sel_cfg_num, cfg.machines)
for name, n_in, n_out in cfg.sim_datasets:
    program = name[len(cfg.data_set_dir):-len(".in.nmmap")]
    z = np.load("npz/%s.npz" % program)
    shape = (n_in, cfg.input_length)
    normal = np.memmap(name, dtype=cfg.feature_format, mode="r", shape=shape)
    plain = np.memmap(name.replace(".in.nmmap", ".in.mmap"), dtype=cfg.feature_format, mode="r", shape=shape)
    out = np.memmap(cfg.get_out_name(name), dtype=cfg.target_format, mode="r", shape=(n_out, cfg.ori_tgt_length * cfg.cfg_num))
    again = np.array(plain)  # as PerfVec normalises: in place
    again -= mean
    again /= std
    targets = np.load("d/%s.targets.npy" % program)
    rows = np.load("d/%s.features.npy" % program)
    y = cfg.sel_batch_out(out)
    print(program, plain.shape, out.shape, y.shape, normal.tobytes() == again.tobytes(), (y == targets[:, :2]).all(),
          (out.reshape(-1, 3, 16)[:, :, 2] == targets).all(), out.sum(dtype=np.uint64) == targets.sum(dtype=np.uint64),
          (plain == z["features"]).all(), (z["targets"] == targets).all(), (plain[:, 18] == rows["fetch_reuse"]).all())
print(z["feature_names"][:3], z["machine_names"], z.files)
print("train", cfg.train_size, "valid", cfg.valid_start, cfg.valid_end, "test", cfg.test_start, cfg.test_end)
PY
cut -c 1-120 csv/beta.csv
# refused
mkdir full && touch full/x
perfvec dataset export d --format csv -o full
perfvec dataset export d --format perfvec -o y --config 'not a name' --wide
perfvec dataset export d --format hdf5 -o y
perfvec dataset export d --format csv
perfvec dataset export d --format csv --wide -o y
perfvec dataset export d d --format csv -o y
perfvec dataset export d -o y
for f in perfvec csv npz; do (ulimit -f 100; perfvec dataset export d --format $f -o y --quiet 2>&1 | sed 's/y.tmp[0-9]*/y.tmpPID/'); done
(ulimit -f 100; perfvec dataset import raw -o y --type uint32 --quiet 2>&1 | sed 's/y.tmp[0-9]*/y.tmpPID/')
ls -d *  # no y
