#!/bin/bash
# run.sh FOLDER - PerfVec's main experiment with programs that anyone has: many real programs, 77 machines, programs and machines held out
#
#	bench/study/run.sh /tmp/study
#
# Programs are Debian's arm64 packages (packages.txt, fetched with what they depend on into FOLDER/root; nothing is installed), run on inputs made
# from nothing; each is recorded for 400 000 instructions past its start (programs.txt). 87 machines are sampled, ten of them held out. Takes a quarter
# of an hour on two cores, and 10 GB in FOLDER. What is there already is not made again. LENGTH, EPOCHS and MODEL may be set.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
top=$(dirname "$(dirname "$here")")
PATH=${BUILD:-$top/build}:$PATH
mkdir -p "$1"
cd "$1"
mkdir -p apt/lists/partial apt/cache/archives/partial root input traces programs

apt_arm64() {
	apt-get -q -o APT::Architecture=arm64 -o APT::Architectures=arm64 -o Dir::State::Lists="$PWD/apt/lists" -o Dir::Cache="$PWD/apt/cache" \
		-o Dir::State::status="$PWD/apt/status" -o APT::Sandbox::User="" -o Debug::NoLocking=1 "$@" >>apt/log 2>&1
}

if [ ! -f root.complete ]; then
	: >apt/status
	# shellcheck disable=SC2046
	{ apt_arm64 update && apt_arm64 install -d -y --no-install-recommends $(cat "$here/packages.txt"); } || { echo "error: no packages: see $PWD/apt/log" >&2; exit 1; }
	for deb in apt/cache/archives/*.deb; do dpkg-deb -x "$deb" root; done
	sh "$top/demo/inputs.sh" root input
	sh "$here/inputs.sh" input
	touch root.complete
fi

export R=root I=input LC_ALL=C PERL_HASH_SEED=0 PYTHONHASHSEED=0
unseen=
while IFS='|' read -r name role skip command; do
	case $name in '#'* | '') continue ;; esac
	read -r name <<<"$name" && read -r role <<<"$role" && read -r skip <<<"$skip"
	[ "$role" = unseen ] && unseen=$unseen,$name
	[ -f "traces/$name.pvt" ] && continue
	eval "timeout 120 perfvec trace --program $name --skip $skip --length ${LENGTH:-400k} --sysroot root -o traces/$name.pvt -- $command" \
		</dev/null >"programs/$name.out" 2>"programs/$name.err" || { echo "error: $name: see $PWD/programs/$name.err" >&2; exit 1; }
done <"$here/programs.txt"

[ -d machines ] || perfvec uarch sample --count 87 --seed 11 --kind ooo,inorder -o machines
held=$(printf '%s\n' machines/*.yaml | sed 's|.*/||; s|\.yaml$||' | awk 'NR % 9 == 5' | head -n 10 | paste -sd,)
[ -d dataset ] || perfvec simulate traces/*.pvt --uarch machines --unseen-programs "${unseen#,}" --unseen-uarchs "$held" -o dataset
[ -f model.safetensors ] ||
	perfvec train --cfg dataset --epochs "${EPOCHS:-3}" --seed 1 --log train.jsonl -o model.safetensors "${MODEL:-InsLSTM(64,2,narchs=K,bias=False,wide=True)}"
perfvec tune --model model.safetensors --cfg dataset --uarch all-unseen -q -o tuned.safetensors
perfvec test --quiet --model tuned.safetensors dataset | tee test.txt
