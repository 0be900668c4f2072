#!/bin/bash
# dse_l1_l2.sh BUILD MODEL OUT TRACE... - the reference's study of two cache sizes, with our simulator as the truth
#
# 36 designs: level-1 data cache 4 kB to 128 kB, level-2 cache 256 kB to 8 MB, on the Arm O3 preset. Vectors of 18 of them (the reference's
# choice) are learnt from three programs' times; the other programs are never timed on anything. For each program the design with the least
# time * (1000 + 10 L1 + L2) (sizes in kB) is chosen by prediction, and compared with the best of all 36 simulated ones.
#
# MODEL is any model; its foundation stays as it is. TRAIN names the programs that are timed (default: the first three traces).
# Cost: 36 simulations of every trace for the truth; the study itself needs 18 of three traces.
set -eu
[ $# -ge 7 ] || { sed -n 's/^# //p' "$0" | head -n 12; exit 2; }
build=$(realpath "$1") model=$(realpath "$2") out=$3
shift 3
PATH=$build:$PATH
declare -a traces=()
for t; do traces+=("$(realpath "$t")"); done
train=${TRAIN:-$(for t in "${traces[@]:0:3}"; do basename "$t" .pvt; done | paste -sd,)}
mkdir -p "$out/machines"
cd "$out"

# The reference's 18: rows L1 = 4 kB .. 128 kB by exponent, and for each three of the six L2 sizes.
timed=
for l1 in 1 2 3 4 5 6; do
	case $l1 in 1) learn="1 2 3" ;; 6) learn="4 5 6" ;; 5) learn="3 4 5" ;; *) learn="2 3 4" ;; esac
	for l2 in 1 2 3 4 5 6; do
		name=L1_$((2 << l1))k_L2_$((128 << l2))k
		printf 'perfvec_machine: 1\nname: %s\nbase: timing\nl1d:\n  size_bytes: %d\nl2:\n  size_bytes: %d\n' \
			$name $((2048 << l1)) $((131072 << l2)) >machines/$name.yaml
		case " $learn " in *" $l2 "*) timed=$timed,$name ;; esac
	done
done
timed=${timed#,}
all=$(ls machines | sed 's/\.yaml$//' | paste -sd,)
others=$(tr , '\n' <<<"$all" | grep -vxF "$(tr , '\n' <<<"$timed")" | paste -sd,)
unseen=$(for t in "${traces[@]}"; do basename "$t" .pvt; done | grep -vxF "$(tr , '\n' <<<"$train")" | paste -sd,)

# Truth: everything simulated. What is learnt from is the seen programs on the 18.
if [ ! -f truth/dataset.yaml ]; then
	started=$(date +%s.%N)
	perfvec simulate "${traces[@]}" --uarch machines --unseen-programs "$unseen" --unseen-uarchs "$others" -o truth -q >/dev/null
	echo "simulating everything: $(echo "$(date +%s.%N) - $started" | bc -l | cut -c1-6) s"
fi
started=$(date +%s.%N)
perfvec tune --model "$model" --cfg truth --machine-regression --uarch "$timed" -o net.safetensors
perfvec represent truth --model "$model" -o vectors.npy -q
perfvec dse --model net.safetensors --base machines/L1_32k_L2_1024k.yaml --axis l1d.size=4k..128k --axis l2.size=256k..8M \
	--objective 'time * (1000 + 10 * l1d.size_kb + l2.size_kb)' --each --all --csv -q vectors.npy >designs.csv
echo "learning and exploring: $(echo "$(date +%s.%N) - $started" | bc -l | cut -c1-6) s"

# Simulated times: of any model that has all 36 machines.
perfvec tune --model "$model" --cfg truth --uarch all -o every.safetensors -q
perfvec predict --model every.safetensors truth --csv -q >times.csv
awk -F, -v train=",$train," '
FILENAME == "times.csv" {
	if (FNR == 1) { for (i = 1; i <= NF; i++) column[$i] = i; next }
	truth[$column["program"], $column["machine"]] = $column["simulated_ns"]
	next
}
FNR > 1 {
	name = sprintf("L1_%dk_L2_%dk", $3 / 1024, $4 / 1024)
	weight = 1000 + 10 * $3 / 1024 + $4 / 1024
	cost[$1, name] = truth[$1, name] * weight
	error += ($5 / truth[$1, name] > 1 ? 1 : -1) * ($5 / truth[$1, name] - 1); n_errors++
	if (!($1 in n)) programs[++P] = $1
	designs[$1, ++n[$1]] = name
	sum[$1] += cost[$1, name]
	if (!($1 in best) || cost[$1, name] < cost[$1, best[$1]]) best[$1] = name
	if ($2 == 1) chosen[$1] = name
	all[name] += cost[$1, name] / 1e9
}
END {
	printf "%-12s %-6s %-20s %-20s %8s %6s %10s %10s\n", "program", "", "chosen", "best of 36", "loss", "rank", "base", "any design"
	for (p = 1; p <= P; p++) {
		x = programs[p]; rank = 1
		for (i = 1; i <= n[x]; i++) rank += cost[x, designs[x, i]] < cost[x, chosen[x]]
		loss = cost[x, chosen[x]] / cost[x, best[x]] - 1
		base = cost[x, "L1_32k_L2_1024k"] / cost[x, best[x]] - 1
		any = sum[x] / n[x] / cost[x, best[x]] - 1
		timed = index(train, "," x ",") > 0
		printf "%-12s %-6s %-20s %-20s %7.1f%% %6d %9.1f%% %9.1f%%\n", x, timed ? "timed" : "", chosen[x], best[x], 100 * loss, rank, 100 * base, 100 * any
		t = timed ? "the timed programs" : "programs never timed"
		losses[t] += loss; bases[t] += base; anys[t] += any; ranks[t] += rank; count[t]++; hits[t] += chosen[x] == best[x]
	}
	for (t in count)
		printf "%s (%d): loss %.1f %%, the best design %d times, mean rank %.1f; the base %.1f %%, a design at random %.1f %%\n",
			t, count[t], 100 * losses[t] / count[t], hits[t], ranks[t] / count[t], 100 * bases[t] / count[t], 100 * anys[t] / count[t]
	printf "times predicted %.1f %% off; simulations: %d of %d\n", 100 * error / n_errors, 18 * 3, 36 * P
}' times.csv designs.csv
