#!/bin/bash
# pytorch.sh BUILD - beside PyTorch: 200 steps of training over windows have its losses, and models go there and back
set -u
build=$(realpath "${1:-build}")
cd "$(dirname "$0")/.." || exit 1
here=$PWD
python=
for p in python3 /usr/bin/python3; do
	"$p" -c 'import torch, numpy' 2>/dev/null && python=$p && break
done
[ -n "$python" ] || { echo "no Python with PyTorch and NumPy (python3-torch)"; exit 77; }
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp" || exit 1
export PYTHONDONTWRITEBYTECODE=1
"$build/tests/unit/u_model_train" ds 1000 20 && "$build/perfvec" dataset export ds --format perfvec -o export -q >/dev/null || exit 1

# The same initial weights, windows and order; once rows, once blocks of rows, where steps at a program's end hold fewer windows
model="InsLSTM(16,2,narchs=K,bias=False)"
curve() {
	"$build/perfvec" train --cfg ds --mode window --inputs plain --targets plain --batch-size 16 --lr 0.02 --clip 20 --lr-step 0 --epochs 2 \
		--evaluate window --valid-size 50 --refit-size 100 --log log -q --no-save-model "$@" "$model" || exit 1
	"$build/tests/unit/u_model_windows" ds "$model" 0 16 "$block" 200 plan || exit 1
	"$python" "$here/tests/pytorch/curve.py" ds export plan log --lr 0.02 --clip 20 --tolerance 1e-4 || exit 1
}
block=0 curve
block=100 curve --sbatch --sbatch-size 100

"$python" "$here/tests/pytorch/exchange.py" "$build/perfvec" ds export
