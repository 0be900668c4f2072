# a vector for every N instructions; predict prints them along the program, or sums them to what whole vectors give
"$BUILD"/tests/unit/u_model_train ds 3000
perfvec train --cfg ds --epochs 1 --batch-size 16 -q -o m.safetensors "InsLSTM(8,1,narchs=K,bias=False)"
perfvec represent ds --model m.safetensors -o r.npy --phase 1k | sed 's/wrote [0-9]*/wrote N/'
sed -n '/programs/,$p' r.yaml | head -14
perfvec predict --model m.safetensors r.npy --uarch m1 --csv | cut -d, -f1-7 | head -5
perfvec predict --model m.safetensors r.npy --uarch m1 | sed -E 's/[-+]?[0-9]+\.[0-9]+/#/g; s/ +/ /g' | head -3
perfvec predict --model m.safetensors r.npy --uarch m1 --sum --csv >a
perfvec represent ds --model m.safetensors -o w.npy -q
perfvec predict --model m.safetensors w.npy --uarch m1 --csv >b
python3 - <<'P'
import csv
a, b = (list(csv.DictReader(open(f))) for f in "ab")
assert [x["program"] for x in a] == [x["program"] for x in b] and a
for x, y in zip(a, b):
    assert abs(float(x["predicted_ns"]) / float(y["predicted_ns"]) - 1) < 1e-8, (x, y)
print("phases add up to", len(a), "programs")
P
# beside a dataset each phase has its own simulated time, and these add up, too
perfvec predict --model m.safetensors ds --phase 1k --uarch m1 --json -q >p
perfvec predict --model m.safetensors ds --uarch m1 --json -q >w
python3 - <<'P'
import json
p, w = (json.load(open(f))["predictions"] for f in "pw")
for x in w:
    ns = sum(y["simulated_ns"] for y in p if y["program"] == x["program"])
    assert abs(ns - x["simulated_ns"]) < 1e-5 * ns, (ns, x)
print("simulated times add up")
P
sed '/phase: 2/{n;s/first_row: .*/first_row: 7/;}' r.yaml >bad.yaml; cp r.npy bad.npy
perfvec predict --model m.safetensors bad.npy --sum; echo "status $?"
