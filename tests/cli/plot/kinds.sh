# every kind of figure, as CSV; SVG and PNG where gnuplot is installed
"$BUILD"/tests/unit/u_model_train ds 6000
perfvec train --cfg ds --epochs 2 --batch-size 16 -q --log a.jsonl -o m.safetensors "InsLSTM(8,1,narchs=K,bias=False)"
perfvec train --cfg ds --epochs 1 --batch-size 16 -q --log b.jsonl -o b.safetensors "InsLSTM(8,1,narchs=K,bias=False)"
perfvec tune --cfg ds --model m.safetensors -q -o t.safetensors
mask() { sed -E 's/[-+]?[0-9]+(\.[0-9]+)?(e[-+][0-9]+)?/#/g' | uniq -c; }
M="--model t.safetensors -q ds"
perfvec plot scatter $M -o s.csv && mask <s.csv
perfvec plot errors $M -o e.csv && mask <e.csv
perfvec plot loss a.jsonl b.jsonl -o l.csv && mask <l.csv
perfvec plot cpi $M -o c.csv && mask <c.csv
perfvec plot cpi $M --uarch m0,m5 --program p1,p5 --phase 2k -o c2.csv && mask <c2.csv
perfvec plot programs $M -o p.csv && mask <p.csv
perfvec plot machines t.safetensors -o m.csv && mask <m.csv
perfvec plot machines t.safetensors -o m2.csv --seed 1 && cmp m.csv m2.csv && echo same
perfvec simulate "$ROOT"/demo/traces/{lz,bfs}.pvt --limit 50k --uarch o3,minor --cpi-stacks --stats json --stats-file st.json >/dev/null
perfvec plot stacks st.json -o k.csv && mask <k.csv
perfvec plot stacks st.json --program lz --uarch o3 -o k1.csv && mask <k1.csv
cp "$ROOT/tests/fuzz/corpus/f_design_file/two.json" d.json
perfvec plot design d.json -o d.csv && cat d.csv
perfvec plot design d.json --x branch.kind --value time -o d.csv && cat d.csv
# the figures agree with what predict prints
perfvec predict $M --csv | python3 -c '
import csv, json, sys
want = sorted(round(float(r["predicted_ns"]) / float(r["simulated_ns"]), 5) for r in csv.DictReader(sys.stdin))
got = sorted(round(float(r["predicted_cpi"]) / float(r["simulated_cpi"]), 5) for r in csv.DictReader(open("s.csv")))
assert len(want) == 36 and want == got, (want, got)
print("scatter and predict agree")
want = sorted(float(r["cpi"]) for r in json.load(open("st.json"))["runs"] if r["program"] == "lz")
got = {r["name"]: float(r["high"]) for r in csv.DictReader(open("k.csv")) if r["panel"].startswith("programs") and r["series"] == "serialising"}
assert abs(sum(want) / 2 - got["lz"]) < 1e-4, (want, got)
print("stacks add up to CPI")
'
