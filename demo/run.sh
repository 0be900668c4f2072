#!/bin/bash
# run.sh BUILD - the main job, end to end: trace real programs, time them on sampled machines, train, predict programs never seen
#
# Everything goes to demo/out/ (ignored by git). Programs: Debian's arm64 packages; where none can be had, the C programs of
# workloads/, cross-compiled; where there is no QEMU or cross compiler, the small traces of demo/traces/.
# Budget: under six minutes on two cores. Knobs: DEMO_LENGTH, DEMO_EPOCHS, DEMO_SOURCE=packages|workloads|traces.
set -euo pipefail
build=$(cd "$1" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
root=$(dirname "$here")
out=$here/out
length=${DEMO_LENGTH:-500k}
epochs=${DEMO_EPOCHS:-3}
source=${DEMO_SOURCE:-auto}
PATH=$build:$PATH
mkdir -p "$out"
cd "$out"

packages="libc6 libgcc-s1 libstdc++6 bzip2 libbz2-1.0 xz-utils liblzma5 zstd libzstd1 liblz4-1 gzip gawk libreadline8 libtinfo6 libgmp10 libmpfr6
 libsigsegv2 sqlite3 libsqlite3-0 zlib1g perl-base libcrypt1 lua5.4 coreutils libselinux1 libpcre2-8-0 libacl1 libattr1 openssl libssl3 jq libjq1 libonig5 lz4 brotli libbrotli1 grep sed bc m4"

times=()
begin() { step=$1 started=$(date +%s%N); printf '\n== %s\n' "$step"; }
finish() { times+=("$(printf '%6.1f s  %s' "$(awk "BEGIN { print ($(date +%s%N) - $started) / 1e9 }")" "$step")"); }

has() { command -v "$1" >/dev/null 2>&1; }

# Decide where programs come from, from the best source down; each step down says why.
choose_source() {
	if [ "$source" = auto ] || [ "$source" = packages ]; then
		if ! has qemu-aarch64; then
			echo "no qemu-aarch64 (make deps installs it): using the traces that ship with perfvec"
			source=traces
		# shellcheck disable=SC2086
		elif why=$(sh "$here/sysroot.sh" "$out" $packages); then
			source=packages
		else
			echo "no arm64 packages: $why"
			source=workloads
		fi
	fi
	if [ "$source" = workloads ] && ! { has qemu-aarch64 && has aarch64-linux-gnu-gcc; }; then
		echo "no QEMU or no AArch64 cross compiler: using the traces that ship with perfvec"
		source=traces
	fi
}

# trace_one NAME SKIP COMMAND: run COMMAND under the tracer; its output goes to programs/NAME.out
trace_one() {
	local name=$1 skip=$2 command=$3 status=0
	[ -f "traces/$name.pvt" ] && [ "traces/$name.pvt" -nt "$build/perfvec" ] && return
	eval "perfvec trace --program $name --skip $skip --length $length ${sysroot:+--sysroot root} -o traces/$name.pvt -- $command" \
		</dev/null >"programs/$name.out" 2>"programs/$name.err" || status=$?
	[ $status -eq 0 ] || { echo "error: tracing $name failed:"; cat "programs/$name.err"; exit 1; }
	perfvec info "traces/$name.pvt" | head -n 12 >"traces/$name.info"
}

trace_packages() {
	R=root I=input sysroot=$out/root # relative to the demo's folder, whose own name may hold spaces
	export R I LC_ALL=C PERL_HASH_SEED=0
	sh "$here/inputs.sh" "$out/root" "$out/input"
	while IFS='|' read -r name role skip command; do
		case $name in '#'* | '') continue ;; esac
		name=$(echo $name) skip=$(echo $skip)
		trace_one "$name" "$skip" "$command"
		printf '%-9s %-7s %s\n' "$name" "$(echo $role)" "$command"
		if [ $role = unseen ]; then unseen=$unseen,$name; fi
	done <"$here/programs.txt"
}

trace_workloads() {
	for c in "$root"/workloads/programs/*.c; do
		name=$(basename "$c" .c)
		aarch64-linux-gnu-gcc -O2 -static -o "programs/$name" "$c" -lm
		trace_one "$name" 10k "programs/$name"
		echo "$name"
	done
	unseen=,lz,bfs
}

case $source in
auto | packages | workloads | traces) ;;
*)
	echo "error: DEMO_SOURCE is packages, workloads or traces, not '$source'" >&2
	exit 2
	;;
esac
choose_source
mkdir -p traces programs
[ -f traces/source ] && [ "$(cat traces/source)" = "$source $length" ] || { rm -rf traces; mkdir traces; echo "$source $length" >traces/source; }

case $source in
traces) begin "take the traces that ship with perfvec" ;;
*) begin "trace real AArch64 programs ($source)" ;;
esac
unseen=
case $source in
packages) trace_packages ;;
workloads) trace_workloads ;;
traces) cp "$here"/traces/*.pvt traces/ && unseen=,lz,bfs ;;
esac
finish

begin "sample machines"
rm -rf machines
perfvec uarch sample --count 14 --seed 7 --kind ooo,inorder -o machines
finish

begin "simulate every program on every machine"
unseen_machines=$(ls machines | sed -n 's/\.yaml$//p' | sed -n '3p;8p;14p' | paste -sd,),ex5
rm -rf dataset
perfvec simulate traces/*.pvt --uarch machines,timing,ex5,pk,o3,minor,hpi,ex5l --unseen-programs "${unseen#,}" --unseen-uarchs "$unseen_machines" -o dataset
finish

begin "train a foundation model (four machines and two programs held out)"
perfvec train --cfg dataset/dataset.yaml --epochs "$epochs" --seed 1 --log train.jsonl -o model.safetensors 'InsLSTM(64,2,narchs=K,bias=False)'
finish

begin "learn the held-out machines' vectors, foundation frozen"
perfvec tune --model model.safetensors --cfg dataset/dataset.yaml --uarch all-unseen -o tuned.safetensors
finish

begin "predict every program on every machine"
perfvec predict --quiet --model tuned.safetensors dataset
finish

begin "hold that against predictors without a network, on the same split"
perfvec test --quiet --brief --model tuned.safetensors dataset
finish

begin "a program never seen, from its trace to its vector to its time on one machine"
name=$(echo "$unseen" | cut -d, -f2)
perfvec represent --quiet "traces/$name.pvt" --model tuned.safetensors -o "$name.npy"
perfvec predict --quiet --model tuned.safetensors --uarch timing "$name.npy"
finish

begin "a report of all this: figures and tables in one HTML file"
if has gnuplot; then
	perfvec simulate traces/*.pvt --limit 200k --uarch timing,ex5,pk,o3,minor,hpi,ex5l --cpi-stacks --stats json --stats-file stacks.json >/dev/null
	perfvec report --quiet --model tuned.safetensors --dataset dataset --log train.jsonl --stats stacks.json --title 'perfvec demo' -o report.html
	echo "open $out/report.html in a browser"
else
	echo "no gnuplot (make deps installs it): no report"
fi
finish

printf '\nwhere the time went\n'
printf '  %s\n' "${times[@]}"
echo "files: $out"
