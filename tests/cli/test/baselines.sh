# the baselines on programs that the simulator timed; the same bytes at any number of threads
perfvec simulate "$ROOT"/demo/traces/*.pvt --limit 20k --uarch timing,minor,ex5,o3 --unseen-programs lz,bfs --unseen-uarchs o3 -q -o ds >/dev/null
perfvec train --cfg ds --epochs 1 -q -o m.safetensors "InsLSTM(8,1,narchs=K,bias=False)"
perfvec tune --cfg ds --model m.safetensors -q -o t.safetensors
perfvec test --model t.safetensors ds -q -j 1 --csv >one.csv
perfvec test --model t.safetensors ds -q -j 3 --csv >three.csv
cmp one.csv three.csv && echo "same bytes"
python3 -c '
import csv
r = {(x["program_kind"], x["machine_kind"], x["predictor"]): x for x in csv.DictReader(open("one.csv")) if x["section"] == "quadrant"}
print(len(r))
for kind in ("seen", "tuned"):
    mean = {p: float(r["seen", kind, p]["mean"]) for p in ("mean_cpi", "regression", "interval")}
    # six short programs: a fit of 45 figures to them is close, a model that knows no times is within a third
    assert mean["regression"] < 0.05 and mean["regression"] < mean["mean_cpi"] < 0.3, mean
    assert mean["interval"] < 0.33, mean
assert float(r["seen", "seen", "interval"]["spearman_ipc"]) > 0.7
print("baselines are where they should be")
'
# a machine whose file is of another form has no interval model; the others have
cp -r ds other && sed -i 's/^ooo:/ooo_of_another_simulator:/' other/machines/ex5.yaml
perfvec train --cfg other --epochs 1 -q -o other.safetensors "InsLSTM(8,1,narchs=K,bias=False)"
perfvec test --model other.safetensors other -q --brief | grep -c '^  interval'
perfvec test --model other.safetensors other -q --brief | tail -n 1
perfvec test --model other.safetensors --uarch ex5 other -q --brief | grep -c '^  interval' || true
# a model of schema pv2 cannot do without the context rows
cp -r ds bare && rm bare/*.context.npy && sed -i '/^ *context/d' bare/dataset.yaml
perfvec test --model t.safetensors bare -q; echo "status $?"
