# checkpoints of models other than a plain InsLSTM, and what does not fit
c="$ROOT/tests/golden/checkpoints"
for m in seq embed mlp dse; do perfvec import-pt "$c/$m.pt" -o $m.safetensors --window 8; done
"$BUILD"/tests/unit/u_model_train ds 200 8
perfvec import-pt "$c/seq.pt" -o cfg.safetensors --window 8 --cfg ds -q
for m in cfg mlp dse; do
	perfvec predict --model $m.safetensors --csv -q ds | wc -l
done
# an InsLSTM over windows of a length, not as streams
perfvec import-pt "$ROOT/tests/golden/perfvec_checkpoint.pt" -o w.safetensors --window 24
python3 - <<'PYTHON'
import json, struct
for name in "seq", "embed", "mlp", "dse", "w":
    data = open(name + ".safetensors", "rb").read()
    n = struct.unpack("<Q", data[:8])[0]
    head = json.loads(data[8:8 + n])
    meta = head.pop("__metadata__")
    print(name, meta["mode"], meta["window_rows"], meta["epoch"], len(meta["machines"].split()), "machines;", *sorted(head))
    if name == "embed":  # its own statistics
        a, b = head["features.mean"]["data_offsets"]
        print([round(x, 2) for x in struct.unpack("<51f", data[8 + n + a:8 + n + b])][:4])
PYTHON
try() { perfvec import-pt "$@" 2>&1 | sed "s|$ROOT|ROOT|"; }
try "$c/mlp.pt" -o x.safetensors
try "$c/embed.pt" -o x.safetensors --window 8 --cfg ds
try "$c/seq.pt" -o x.safetensors --window 8 --model "SeqLSTM(4,1,narchs=3,bias=False)"
try "$c/seq.pt" -o x.safetensors --window 8 --model "SeqLSTM(4,1,narchs=4,gru=True,bias=False)"
try "$c/seq.pt" -o x.safetensors --window 8 --model "Predictor(cfg)"
try "$c/seq.pt" -o x.safetensors --window 5000
ls x.safetensors
