# the shape of what predict prints; figures are checked by the unit tests, which know the formula
"$BUILD"/tests/unit/u_model_train ds 6000
perfvec train --cfg ds --epochs 2 --batch-size 16 -q -o m.safetensors "InsLSTM(8,1,narchs=K,bias=False)"
perfvec tune --cfg ds --model m.safetensors -q -o t.safetensors
mask() { sed -E 's/[-+]?[0-9]+\.[0-9]+/#/g; s/ +/ /g'; }
perfvec predict --model t.safetensors ds -q | mask
perfvec predict --model m.safetensors ds -q --full | mask | sed -n '1,5p;24,$p'
perfvec predict --model t.safetensors ds -q --uarch m5,m0 --csv | sed -n '1,3p' | mask
perfvec predict --model t.safetensors ds -q --json | python3 -c '
import json, sys
d = json.load(sys.stdin)
p = d["predictions"]
print(len(p), sorted(p[0]), sorted(d["absolute_error"]))
worst = max((x for x in p if x["program_kind"] == "unseen" and x["machine_kind"] == "tuned"), key=lambda x: abs(x["error"]))
assert abs(worst["error"] - d["absolute_error"]["unseen_programs_tuned_machines"]["worst"]) < 1e-6
for x in p:
    assert abs(x["predicted_ns"] / x["simulated_ns"] - 1 - x["error"]) < 1e-4
print("errors agree with times")
'
