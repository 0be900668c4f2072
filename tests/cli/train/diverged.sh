# a loss that is not finite ends training with its step; checkpoints stay, and the best finished epoch is the model
"$BUILD"/tests/unit/u_model_train ds 6000
model="InsLSTM(8,1,narchs=K,bias=False)"
run() { perfvec train --cfg ds --batch-size 16 -q -j 1 --checkpoints ck -o m.safetensors "$@" "$model"; }
run --epochs 1 --lr-step 2
mv m.safetensors first.safetensors
python3 - <<'PYTHON'
import json, struct
data = bytearray(open("ck/last.safetensors", "rb").read())
n = struct.unpack("<Q", data[:8])[0]
at = 8 + n + json.loads(data[8:8 + n])["resume.params"]["data_offsets"][0]
data[at:at + 4] = struct.pack("<f", float("nan"))
open("ck/last.safetensors", "wb").write(data)
PYTHON
cp ck/last.safetensors before
run --epochs 2 --lr-step 2 --checkpoint-steps 1; echo "status $?"
cmp ck/last.safetensors before && ls ck
python3 - <<'PYTHON'
import json, struct
def tensors(path):
    data = open(path, "rb").read()
    n = struct.unpack("<Q", data[:8])[0]
    return {k: data[8 + n + v["data_offsets"][0]:8 + n + v["data_offsets"][1]]
            for k, v in json.loads(data[8:8 + n]).items() if k != "__metadata__"}
print("same weights" if tensors("first.safetensors") == tensors("m.safetensors") else "other weights")
PYTHON
# before an epoch was finished there is nothing to write
rm -rf ck m.safetensors
run --lr 1e30 2>&1 | sed 's/step [0-9]*: the loss.*/step N/'; ls
