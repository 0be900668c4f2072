# wide models: trained, resumed to the same bytes, tuned, and used from vectors as from the dataset
"$BUILD"/tests/unit/u_model_train ds 6000
model="InsLSTM(8,1,narchs=K,bias=False,wide=True)"
run() { perfvec train --cfg ds --batch-size 16 --lr-step 2 -q -j 1 "$@" "$model"; }
run --epochs 2 -o whole.safetensors && run --epochs 1 --checkpoints ck --no-save-model && run --epochs 2 --resume ck/last.safetensors -o resumed.safetensors
python3 - <<'PYTHON'
import json, struct
def read(path):
    data = open(path, "rb").read()
    n = struct.unpack("<Q", data[:8])[0]
    head = json.loads(data[8:8 + n])
    meta = head.pop("__metadata__")
    return meta, {k: v["shape"] for k, v in head.items()}, {k: data[8 + n + v["data_offsets"][0]:8 + n + v["data_offsets"][1]] for k, v in head.items()}
meta, shapes, tensors = read("whole.safetensors")
K, D = shapes["linear.weight"]
print(meta["model"], K, "machines, D =", D, "= 8 +", shapes["lstm.weight_ih_l0"][1], "+ 1")
print("same weights" if tensors == read("resumed.safetensors")[2] else "other weights")
PYTHON
perfvec tune --model whole.safetensors --cfg ds -q -o tuned.safetensors && echo tuned
perfvec represent --model tuned.safetensors -q -o r.npy ds
perfvec predict --model tuned.safetensors -q --csv ds >direct.csv && perfvec predict --model tuned.safetensors -q --csv r.npy >vectors.csv
python3 - <<'PYTHON'
import csv
def read(path):
    return {(r["program"], r["machine"]): float(r["predicted_ns"]) for r in csv.DictReader(open(path))}
a, b = read("direct.csv"), read("vectors.csv")
print(len(a), "pairs,", "equal" if a == b else "different")
PYTHON
# over windows too
perfvec train --cfg ds --mode window --epochs 1 --train-size 200 --valid-size 100 --refit-size 200 -q -o window.safetensors "$model"; echo "status $?"
