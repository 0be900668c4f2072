# an interrupted run goes on to the same bytes; a run with other options is refused
"$BUILD"/tests/unit/u_model_train ds 6000
model="InsLSTM(8,1,narchs=K,bias=False)"
run() { perfvec train --cfg ds --batch-size 16 --lr-step 2 -q -j 1 "$@" "$model"; }
run --epochs 3 -o whole.safetensors
run --epochs 1 --checkpoints ck --no-save-model
run --epochs 3 --resume ck/last.safetensors -o resumed.safetensors
python3 - <<'PYTHON'
import json, struct
def tensors(path):
    data = open(path, "rb").read()
    n = struct.unpack("<Q", data[:8])[0]
    return {k: data[8 + n + v["data_offsets"][0]:8 + n + v["data_offsets"][1]]
            for k, v in json.loads(data[8:8 + n]).items() if k != "__metadata__"}
print("same weights" if tensors("whole.safetensors") == tensors("resumed.safetensors") else "other weights")
PYTHON
run --epochs 3 --resume ck/last.safetensors --lr 0.1 -o other.safetensors; echo "status $?"
run --epochs 3 --resume whole.safetensors -o other.safetensors; echo "status $?"
