# a sample of a program's micro-operations estimates its vector, and predict says how wide the interval is
"$BUILD"/tests/unit/u_model_train ds 30000
perfvec train --cfg ds --epochs 1 --train-size 20k --batch-size 16 -q -o m.safetensors "InsLSTM(8,1,narchs=K,bias=False)"
perfvec represent ds --model m.safetensors --sample 200:2k -o s.npy
grep -c 'units: ' s.yaml
perfvec predict --model m.safetensors s.npy --uarch m1,m0 | sed -E 's/[0-9]+\.[0-9]+/#/g; s/ +/ /g' | sed -n '1,3p;$p'
perfvec predict --model m.safetensors ds --sample 200:2k -q --csv >s
perfvec predict --model m.safetensors ds -q --csv >w
perfvec predict --model m.safetensors ds --sample 200:2k -q --json >j
python3 - <<'P'
import csv, json
s, w = (list(csv.DictReader(open(f))) for f in "sw")
covered = sum(abs(float(x["predicted_ns"]) - float(y["predicted_ns"])) <= float(x["sampling_ns"]) for x, y in zip(s, w))
assert len(s) == len(w) and covered >= 0.8 * len(s), (covered, len(s))
assert all(0 < float(x["sampling_ns"]) < 0.5 * float(x["predicted_ns"]) for x in s)
assert all(x["sampling_ns"] > 0 for x in json.load(open("j"))["predictions"])
print("intervals hold what all micro-operations give")
P
perfvec represent ds --model m.safetensors --sample 200 -o x.npy; echo "status $?"
perfvec represent ds --model m.safetensors --sample 200:1k -o x.npy; echo "status $?"
perfvec represent ds --model m.safetensors --sample 200:2k --phase 1k -o x.npy; echo "status $?"
perfvec represent ds --model m.safetensors --sample 200:1M -o x.npy; echo "status $?"
ls
