# a plan, a training run, its log and its checkpoints; figures that depend on the machine are left out
"$BUILD"/tests/unit/u_model_train ds 6000
model="InsLSTM(8,1,narchs=K,bias=False)"
perfvec train --cfg ds --dry-run --epochs 2 --batch-size 16 "$model"
ls
perfvec train --cfg ds/dataset.yaml --epochs 2 --batch-size 16 --seed 3 -j 1 -q --checkpoints ck --save-interval 2 --log log -o a.safetensors "$model"
echo "status $?"
ls . ck
python3 - <<'PYTHON'
import json, struct
lines = [json.loads(l) for l in open("log")]
epochs = [l for l in lines if "epoch" in l and "train_loss" in l]
steps = [l for l in lines if "step" in l]
print(len(epochs), "epochs,", len(steps), "steps, the last is number", steps[-1]["step"])
print(sorted(epochs[0]))
errors = [e for row in epochs[0]["errors"].values() for e in row]
print(sorted(epochs[0]["errors"]), "on", epochs[0]["machines"])
print("their mean is the epoch's:", abs(sum(map(abs, errors)) / len(errors) - epochs[0]["validation_error"]) < 1e-3)
with open("a.safetensors", "rb") as f:
    header = json.loads(f.read(struct.unpack("<Q", f.read(8))[0]))
meta = header.pop("__metadata__")
for key in sorted(meta):
    print(key + ":", "(a number)" if key.endswith("_error") else meta[key].replace("\n", " | "))
for name in sorted(header):
    print(name, header[name]["dtype"], header[name]["shape"])
PYTHON
# threads do not change a byte; their number is not recorded
mv a.safetensors one.safetensors
perfvec train --cfg ds/dataset.yaml --epochs 2 --batch-size 16 --seed 3 --threads 2 -q --checkpoints ck --save-interval 2 --log log -o a.safetensors "$model"
cmp a.safetensors one.safetensors && echo "same bytes"
perfvec train --cfg ds --epochs 1 --batch-size 16 -q --no-save-model "$model" && ls
perfvec train --cfg ds --epochs 2 --batch-size 16 --show-errors --no-save-model "$model" 2>&1 | grep '^  [pm]' | sed 's/ *[-+]*[0-9.]* %/ N/g; s/(.*)/(WHICH)/'
