#!/bin/bash
# oracle.sh BUILD - hold every model against the PyTorch states in tests/golden, and those in ../shared/golden where it exists
set -u
build=${1:-build}
cd "$(dirname "$0")/.." || exit 1
"$build/tests/oracle" tests/golden || exit 1
"$build/tests/oracle" tests/golden/more || exit 1
[ ! -d ../shared/golden ] || "$build/tests/oracle" ../shared/golden || exit 1

# It must also see what is wrong: the last number of a state (of whichever tensor lies last) becomes 1e9.
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
for state in tests/golden/model_{03,09,12}.safetensors; do
	cp "$state" "$tmp/"
	size=$(stat -c %s "$state")
	printf '\x28\x6b\x6e\x4e' | dd of="$tmp/${state##*/}" bs=1 seek=$((size - 4)) conv=notrunc status=none
	if "$build/tests/oracle" "$tmp" >"$tmp/log"; then
		echo "oracle accepts $state with one number changed"
		exit 1
	fi
	rm "$tmp/${state##*/}"
done
echo "each of three states with one number changed is refused"
