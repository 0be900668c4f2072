# --learn-rep: a machine's vector from program vectors and measured times; here the times are another machine's predictions
"$BUILD"/tests/unit/u_model_train ds 6000
perfvec train --cfg ds --epochs 1 --batch-size 16 -q -o f.safetensors "InsLSTM(8,1,narchs=K,bias=False)"
python3 - <<'PYTHON'
import json, random, struct
data = open("f.safetensors", "rb").read()
n = struct.unpack("<Q", data[:8])[0]
at = 8 + n + json.loads(data[8:8 + n])["linear.weight"]["data_offsets"][0]
row = struct.unpack("<8f", data[at:at + 32])  # of machine m0, 0.1 ns
random.seed(1)
def write(name, samples):
    head = "{'descr': '<f8', 'fortran_order': False, 'shape': (%d, %d), }" % (len(samples), len(samples[0]))
    head += " " * (127 - 10 - len(head)) + "\n"
    with open(name, "wb") as f:
        f.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head.encode())
        for s in samples:
            f.write(struct.pack("<%dd" % len(s), *s))
def sample():
    r = [random.uniform(1e3, 1e6) for _ in row]
    return r + [sum(a * b for a, b in zip(r, row)) * 1e-10]
write("s.npy", [sample() for _ in range(300)])
write("narrow.npy", [[1.0, 2.0]] * 3)
bad = sample()
bad[2] = float("nan")
write("bad.npy", [sample(), bad])
open("pi4.yaml", "w").write("dataset: s.npy\nvalid_start: 0\nvalid_end: 50\nclock_mhz: 1500\n")
open("narrow.yaml", "w").write("dataset: narrow.npy\n")
open("bad.yaml", "w").write("dataset: bad.npy\n")
open("late.yaml", "w").write("dataset: s.npy\nvalid_start: 0\nvalid_end: 301\n")
open("odd.yaml", "w").write("dataset: s.npy\nvalid_star: 0\n")
PYTHON
learn() { perfvec train --learn-rep --model f.safetensors -q "$@"; }
perfvec train --learn-rep --model f.safetensors --cfg pi4.yaml --dry-run "Predictor(cfg,bias=False)"
learn --cfg pi4.yaml --lr 0.05 --batch-size 50 --epochs 400 --log log -o m.safetensors "Predictor(cfg,bias=False)"; echo "status $?"
# the new machine is predicted as m0 is, and the old rows are as they were
perfvec represent ds --model m.safetensors -q -o v.npy
perfvec predict --model m.safetensors --csv -q v.npy >p.csv
python3 - <<'PYTHON'
import csv, json
rows = list(csv.DictReader(open("p.csv")))
print(list(rows[0])[:4])
time = {(r["program"], r["machine"]): float(r[[c for c in r if "predicted" in c or c.endswith("_ns")][0]]) for r in rows}
programs = sorted({p for p, m in time})
print(sorted({m for p, m in time}))
print("off by more than 2 %:", [p for p in programs if abs(time[p, "pi4"] / time[p, "m0"] - 1) > 0.02])
lines = [json.loads(l) for l in open("log")]
epochs = [l for l in lines if "train_loss" in l]
print(len(epochs), "epochs,", len(lines) - len(epochs), "steps; the loss fell:", epochs[-1]["validation_loss"] < 1e-3 * epochs[0]["validation_loss"])
PYTHON
# again: the same bytes; a constant that is dropped; the reference's magnitudes
mv m.safetensors first.safetensors
learn --cfg pi4.yaml --lr 0.05 --batch-size 50 --epochs 400 --log log -o m.safetensors "Predictor(cfg,bias=False)" && cmp m.safetensors first.safetensors && echo same
learn --cfg pi4.yaml --epochs 2 -o b.safetensors "Predictor(cfg,test_bias=False)"; echo "status $?"
learn --cfg pi4.yaml --epochs 2 --inputs plain --loss NL1 -o b.safetensors "Predictor(cfg,bias=False)"; echo "status $?"
# a run that goes on from a checkpoint gives the same bytes
run() { learn --cfg pi4.yaml --lr 0.05 --batch-size 50 --lr-step 0 "$@" "Predictor(cfg,bias=False)"; }
run --epochs 6 -o whole.safetensors
run --epochs 2 --checkpoints ck --checkpoint-steps 7 --save-interval 1 --no-save-model; ls ck
run --epochs 6 --checkpoints ck -o resumed.safetensors
python3 - <<'PYTHON'
import json, struct
def tensors(path):
    data = open(path, "rb").read()
    n = struct.unpack("<Q", data[:8])[0]
    return {k: data[8 + n + v["data_offsets"][0]:8 + n + v["data_offsets"][1]]
            for k, v in json.loads(data[8:8 + n]).items() if k != "__metadata__"}
print("same weights" if tensors("whole.safetensors") == tensors("resumed.safetensors") else "other weights")
PYTHON
run --epochs 6 --checkpoints ck --seed 1 2>&1 | head -n 1
# refused
learn --cfg pi4.yaml "Predictor(cfg)"; echo "status $?"
learn --cfg pi4.yaml "InsLSTM(8,1)"; echo "status $?"
for c in narrow bad late odd none; do learn --cfg $c.yaml "Predictor(cfg,bias=False)"; echo "status $?"; done
perfvec train --learn-rep --cfg pi4.yaml "Predictor(cfg,bias=False)" 2>&1 | head -n 1
