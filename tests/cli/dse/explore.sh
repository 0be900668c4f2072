# the best designs of small and large spaces, fronts, formats, machine files
"$BUILD"/tests/unit/u_machine_regression ds 40
perfvec train --cfg ds --epochs 2 --batch-size 16 -q -o m.safetensors "InsLSTM(8,1,narchs=K,bias=False)"
perfvec tune --model m.safetensors --cfg ds --machine-regression --no-test -q -o n.safetensors
perfvec represent ds --model n.safetensors -o r.npy -q
dse() { perfvec dse --model n.safetensors -q "$@"; }
base="--base ds/machines/ooo_004.yaml"
numbers() { sed -E 's,^ +[0-9].*,DESIGN,'; }
dse $base --axis l1d.size=8k..32k --axis l2.size=1M,2M --top 3 --objective 'time * (1000 + 10*l1d.size_kb + l2.size_kb)' r.npy >t
sed -n 1,2p t; wc -l <t
# times are those of the same machines predicted one by one; the objective follows from them
dse $base --axis l1d.size=8k..32k --axis l2.size=1M,2M --all --csv --machines . --objective 'time * (1000 + 10*l1d.size_kb + l2.size_kb)' r.npy >all.csv
head -n 1 all.csv; wc -l <all.csv
awk -F, 'NR > 1 { o = $5 * (1000 + 10 * $3 / 1024 + $4 / 1024); if (o / $7 - 1 > 1e-6 || 1 - o / $7 > 1e-6) print "wrong", $0 }' all.csv
awk -F, 'NR > 2 && $7 < last { print "not sorted", $0 } { last = $7 }' all.csv
ls *.yaml | grep -v '^r' ; perfvec uarch check ooo_004-0-0.yaml
# a space from a file, each program by itself, a constraint
printf 'base: ds/machines/ooo_004.yaml\naxes:\n  l1d.size: [8k, 16k, 32k]\n  l2.size: 1M..4M\n' >space.yaml
dse --space space.yaml --axis core.period=0.2ns,0.5ns --constraint 'l2.size <= 2M && clock < 3GHz' --each --programs p0,p4 --top 1 r.npy | numbers
# a front: time falls as cost grows, and no design beats another in both
dse $base --axis l1d.size=8k..32k --axis l2.size=1M,2M --axis ooo.rob=32..192/32 --axis core.period=200ps..1ns/100ps --objective time --objective 'ooo.rob + 1e5 / core.period_ps' --csv r.npy >front.csv
head -n 1 front.csv; awk -F, 'NR > 2 && !($9 > time && $10 < cost) { print "not a front", $0 } { time = $9; cost = $10 } END { print (NR > 5) }' front.csv
# a space that is searched: no worse than one that is searched through
axes="--axis l1d.size=8k..32k --axis l2.size=1M,2M --axis ooo.rob=32..192/32 --axis core.period=200ps..1ns/100ps"
dse $base $axes --objective 'time * sqrt(ooo.rob)' --top 1 --csv r.npy >a; dse $base $axes --objective 'time * sqrt(ooo.rob)' --top 1 --csv --exhaustive 1 --evaluations 150 r.npy | cmp - a && echo same
dse $base --axis branch.kind=tage,local --json --top 1 r.npy | python3 -c 'import json, sys; d = json.load(sys.stdin)[0]; print(d["evaluated"], d["exhaustive"], list(d["designs"][0]["parameters"]), len(d["designs"]))'
# plot reads what --json prints
dse $base --axis l1d.size=8k..32k --axis l2.size=1M,2M --all --json r.npy >space.json && perfvec plot design space.json -o space.csv && wc -l <space.csv && head -n 1 space.csv
