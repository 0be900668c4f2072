# InsLSTMDSE: the machine vectors come from a small network over the sizes of their data caches
"$BUILD"/tests/unit/u_model_train ds 1000 8
o="--cfg ds --mode window --epochs 1 --train-size 400 --batch-size 10 --valid-size 100 --refit-size 200 -q"
model="InsLSTMDSE(8,1,narchs=K,bias=False)"
# machine files without parameters describe nothing
perfvec train $o "$model" 2>&1 | sed 's/:.*//' | head -n 1
k=0
for size in 16384 32768 65536 131072; do
	perfvec uarch show timing | sed "/^l1d:/,/^[a-z]/s/size_bytes: [0-9]*/size_bytes: $size/; /^l2:/,/^[a-z]/s/size_bytes: [0-9]*/size_bytes: 524288/" >ds/machines/m$k.yaml
	k=$((k + 1))
done
sed -i '/^l2:/,/^[a-z]/s/present: true/present: false/' ds/machines/m3.yaml
perfvec train $o -o m.safetensors "$model"; echo "status $?"
perfvec train $o --no-refit -o plain.safetensors "$model"; echo "status $?"
python3 - <<'PYTHON'
import json, struct
def load(path):
    data = open(path, "rb").read()
    n = struct.unpack("<Q", data[:8])[0]
    head = json.loads(data[8:8 + n])
    print(head.pop("__metadata__")["model"])
    out = {}
    for k, v in head.items():
        a, b = v["data_offsets"]
        out[k] = struct.unpack("<%df" % ((b - a) // 4), data[8 + n + a:8 + n + b])
    return out
t = load("plain.safetensors")
d = [t["uarch_paras"][2 * k:2 * k + 2] for k in range(4)]
print(d)
off = 0
for k in range(4):
    h = [max(0, t["uarch_net.0.bias"][i] + sum(t["uarch_net.0.weight"][2 * i + p] * d[k][p] for p in range(2))) for i in range(16)]
    for i in range(8):
        w = t["uarch_net.2.bias"][i] + sum(t["uarch_net.2.weight"][16 * i + j] * h[j] for j in range(16))
        off = max(off, abs(w - t["linear.weight"][8 * k + i]) / max(map(abs, t["linear.weight"])))
print("rows are what the network gives:", off < 1e-5)
t = load("m.safetensors")
print("refitted rows:", len(t["linear.weight"]) == 32 and any(t["linear.weight"]))
PYTHON
# such a model predicts, and is tuned for other machines, as any other
perfvec predict --model m.safetensors --csv -q ds | tail -n +2 | cut -d, -f1-4 | sort -u | wc -l
perfvec tune --cfg ds --model m.safetensors --uarch m5 -q -o tuned.safetensors; echo "status $?"
perfvec represent ds --model m.safetensors -q -o v.npy
perfvec predict --model tuned.safetensors --csv -q v.npy | tail -n +2 | wc -l
# refused
perfvec train $o "InsLSTMDSE(8,1,bias=False)"; echo "status $?"
perfvec train $o "InsLSTMDSE(8,1,narchs=18,bias=False)"; echo "status $?"
