# the shape of what test prints; figures are checked by the unit tests, which know the formula
"$BUILD"/tests/unit/u_model_train ds 6000
perfvec train --cfg ds --epochs 2 --batch-size 16 -q -o m.safetensors "InsLSTM(8,1,narchs=K,bias=False)"
perfvec tune --cfg ds --model m.safetensors -q -o t.safetensors
# Which baselines are beaten, and by how much, depends on the processor's rounding.
mask() { sed -E 's/[-+]?[0-9]+\.[0-9]+/#/g; s/(#|-) +p[0-9] on m[0-9]$/\1 WORST/; s/ +/ /g; s/the model \(.*/VERDICT/; s/[0-9]+ m[0-9]$/WHERE/'; }
perfvec test --model t.safetensors ds -q | mask
echo "== a model without tuned machines, phases, briefly"
perfvec test --model m.safetensors ds -q --brief --phase 2k | mask
echo "== phases"
perfvec test --model t.safetensors ds -q --uarch m0,m5 --phase 2k | mask | sed -n '/^program phases/,/^worst/p'
perfvec test --model t.safetensors ds -q --uarch m0 --phase 2k | sed -n '/^worst phases/,/^$/p' | sed 1,2d | grep -c '%'
echo "== held-out rows"
perfvec test --model t.safetensors ds -q --rows held-out --brief | sed -n '1p;4p'
perfvec test --model t.safetensors ds -q --csv >t.csv
head -n 1 t.csv
sed -n '2,4p;20p' t.csv | cut -d, -f1-7
awk -F, 'NF != 21' t.csv
# JSON says the same as CSV, and its groups are the sums of its pairs
perfvec test --model t.safetensors ds -q --phase 2k --csv >t.csv
perfvec test --model t.safetensors ds -q --phase 2k --json >t.json
python3 -c '
import csv, json
d = json.load(open("t.json"))
rows = list(csv.DictReader(open("t.csv")))
print(sorted(d), len(d["pairs"]), len(d["groups"]) == len(rows))
for g, r in zip(d["groups"], rows):
    assert g["section"] == r["section"] and g["predictor"] == r["predictor"] and g["n"] == int(r["n"])
    for key in "mean median p95 bias worst pearson_time spearman_ipc".split():
        assert abs(g.get(key, 0) - float(r[key] or 0)) <= 2e-5 * abs(g.get(key, 0)) + 1e-9, (key, g, r)
print(sorted({r["section"] for r in rows}), sorted({r["predictor"] for r in rows}))
for g in d["groups"]:
    if g["section"] not in ("quadrant", "phases_of_quadrant"):
        continue
    kinds = {p["program"]: p["program_kind"] for p in d["pairs"]}, {p["machine"]: p["machine_kind"] for p in d["pairs"]}
    times = d["phases"] if g["section"].startswith("phases") else d["pairs"]
    times = [t for t in times if kinds[0][t["program"]] == g["program_kind"] and kinds[1][t["machine"]] == g["machine_kind"]]
    times = [t for t in times if g["section"] == "quadrant" or t["insns"] >= 1000]
    errors = [t[g["predictor"] + "_ns"] / t["simulated_ns"] - 1 for t in times]
    assert len(errors) == g["n"]
    assert abs(sum(map(abs, errors)) / len(errors) - g["mean"]) < 1e-6
    assert abs(max(errors, key=abs) - g["worst"]) < 1e-6
for c in d["comparisons"]:
    assert abs(c["model_mean"] - c["baseline_mean"] - c["difference"]) < 1e-7
    assert c["model_is_better"] == (c["difference"] < 0)
print("groups are the sums of their pairs")
'
