# which machine is the cheapest within a time, which is the fastest within a budget; costs from a formula or from a file
"$BUILD"/tests/unit/u_model_train ds 6000
perfvec train --cfg ds --epochs 2 --batch-size 16 -q -o m.safetensors "InsLSTM(8,1,narchs=K,bias=False)"
mask() { sed -E 's/[0-9]+\.[0-9]+/#/g; s/ +/ /g'; }
echo 'machine,price, rent
m0,40,1
m1,30,2
m2,20,3
m3,10,4' >prices.csv
p() { perfvec predict --model m.safetensors ds -q --uarch m0,m1,m2,m3 "$@"; echo "status $?"; }
p --within 1s --costs prices.csv | mask
p --within 1s --costs prices.csv:rent --csv | cut -d, -f1,5,6
p --budget 25 --costs prices.csv --json | grep -o '"answer".*'
p --within 1ns --costs prices.csv 2>&1 | tail -n 2
p --budget 5 --costs prices.csv 2>&1 | tail -n 2
# a formula over parameters of machine files
perfvec uarch sample --count 4 --seed 1 --kind ooo -o machines >/dev/null
for m in 0 1 2 3; do sed "s/^name: .*/name: m$m/" machines/ooo_00$m.yaml >machines/m$m.yaml; rm machines/ooo_00$m.yaml; done
p --within 1s --cost '100 + 2 * ooo.rob' --uarch-files machines --csv | cut -d, -f1,5 | sort >by_formula
for m in 0 1 2 3; do awk -v m=m$m '/n_rob:/ { print m "," 100 + 2 * $2 }' machines/m$m.yaml; done | diff - <(grep '^m' by_formula | sed '/machine/d') && echo "the formula's costs"
p --cost 'ooo.rob' 2>&1 | head -n 1
perfvec predict --model m.safetensors ds -q --csv >all.csv
perfvec predict --model m.safetensors ds -q --uarch m0,m1,m2,m3 --within 1s --costs prices.csv --csv >cheapest.csv
python3 - <<'P'
import csv
total = {}
for r in csv.DictReader(open("all.csv")):
    total[r["machine"]] = total.get(r["machine"], 0) + float(r["predicted_ns"])
for r in csv.DictReader(open("cheapest.csv")):
    assert abs(float(r["time_ns"]) / total[r["machine"]] - 1) < 1e-7
    assert r["within"] == "1" and float(r["model_ns"]) > 0
print("a machine's time is the programs' sum")
P
# fields with quotes and commas, as spreadsheets write them
printf '"machine","note, long","the rent"\r\nm0,"small, old",1\r\n"m1","4 ""cores""",2\r\n' >quoted.csv
perfvec predict --model m.safetensors ds -q --uarch m0,m1 --within 1s --costs quoted.csv:'the rent' --csv | sed 1d | cut -d, -f1,5
echo "status $?"
# what cannot be answered
sed 's/,30,/,dear,/' prices.csv >bad.csv
head -n 3 prices.csv >few.csv
p --within 1s --costs bad.csv
p --within 1s --costs few.csv
p --within 1s --costs prices.csv:size
p --within 1s --costs nowhere.csv
p --within 1MB --costs prices.csv
p --within 1s --cost 'price'
p --within 1s
p --within 1s --budget 3 --cost 1
p --budget much --cost 1
p --cost 1 --costs prices.csv
p --sort size
