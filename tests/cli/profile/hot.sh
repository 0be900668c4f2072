# a program whose hot function and line are known: profile finds them on every machine, in a static program and in a dynamic one
. "$ROOT/tests/cli/trace/lib/guest.sh"
guest hot
perfvec trace -q -o h.pvt -- ./hot >/dev/null
perfvec simulate h.pvt --uarch timing,hpi -o ds -q >/dev/null
perfvec train --cfg ds --epochs 2 --batch-size 8 -q -o m.safetensors "InsLSTM(8,1,narchs=K,bias=False)" >/dev/null
line=$(awk '/the hot line/ { print FNR }' "$ROOT/workloads/tracing/hot.c")
mask() { sed -E "s/[0-9]+\.[0-9]+/#/g; s/ +/ /g; s/^ [0-9]+ /N /; s/hot\.c:$line$/hot.c:HOT/; s/^[0-9]+ more/N more/"; }
top() { perfvec profile --model m.safetensors --uarch hpi,timing --top 1 "$@" 2>/dev/null; }
top -- ./hot | mask
top --by line -- ./hot | mask | sed -n 4p
top --by file -- ./hot | sed -n 4p | grep -o 'workloads/tracing/hot.c$'
top --cfg ds h.pvt | mask
# any number of threads: the same figures; parts add up to the whole; stacks tell callers apart
perfvec profile --model m.safetensors --uarch timing --top 0 --csv -j 1 h.pvt >one.csv
perfvec profile --model m.safetensors --uarch timing --top 0 --csv -j 3 h.pvt >three.csv
cmp one.csv three.csv && head -n 2 one.csv | cut -d, -f1-4
perfvec profile --model m.safetensors --uarch timing --stacks h.pvt >stacks
grep -oE '(^|;)main(;outer)?;hot ' stacks | sort
perfvec profile --model m.safetensors --uarch timing --cfg ds --json --top 0 h.pvt >p.json
perfvec predict --model m.safetensors --uarch timing --csv h.pvt >p.csv
python3 - <<'P'
import csv, json
p = json.load(open("p.json"))
whole = float(next(csv.DictReader(open("p.csv")))["predicted_ns"])
items = sum(x["ns"]["timing"] for x in p["items"])
stacks = sum(int(line.rsplit(" ", 1)[1]) for line in open("stacks"))
assert abs(items / whole - 1) < 1e-5 and abs(p["all"]["ns"]["timing"] / whole - 1) < 1e-5, (items, whole)
assert abs(stacks / whole - 1) < 0.02, (stacks, whole)
assert p["all"]["insns"] == sum(x["insns"] for x in p["items"])
print("functions and stacks add up to what predict says")
hot = next(x for x in p["items"] if x["function"] == "hot")
share = [hot[k]["timing"] / p["all"][k]["timing"] for k in ("ns", "simulated_ns")]
assert share[1] > 0.5 and abs(share[0] - share[1]) < 0.1, share
print("hot's predicted share is within 10 % of the simulated one")
P
# another build in the same place is not taken for the one that ran
masked() { sed -E "s|'[^']*/|'|; s/0x[0-9a-f]+/ADDRESS/" | cut -d, -f1-2; }
guest hot -O2
perfvec profile --model m.safetensors --uarch timing --top 1 --csv h.pvt 2>&1 | masked
rm hot
perfvec profile --model m.safetensors --uarch timing --top 1 --csv h.pvt 2>&1 | masked
[ -d /usr/aarch64-linux-gnu/lib ] || { echo "no arm64 C library"; exit 77; }
guest hot -dynamic
top --sysroot /usr/aarch64-linux-gnu -- ./hot | mask | sed -n 4p
top --sysroot /usr/aarch64-linux-gnu --by object --csv -- ./hot | sed 1d | cut -d, -f1
# symbols and lines in a file apart, found by its link
aarch64-linux-gnu-objcopy --only-keep-debug hot hot.debug
aarch64-linux-gnu-objcopy --strip-all --add-gnu-debuglink=hot.debug hot
top --sysroot /usr/aarch64-linux-gnu --by line -- ./hot | mask | sed -n 4p
