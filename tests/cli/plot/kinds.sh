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
# the figures agree with what predict prints
perfvec predict $M --csv | python3 -c '
import csv, sys
want = sorted(round(float(r["predicted_ns"]) / float(r["simulated_ns"]), 5) for r in csv.DictReader(sys.stdin))
got = sorted(round(float(r["predicted_cpi"]) / float(r["simulated_cpi"]), 5) for r in csv.DictReader(open("s.csv")))
assert len(want) == 36 and want == got, (want, got)
print("scatter and predict agree")
'
