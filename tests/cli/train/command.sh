# the recorded command of a model can be pasted into a shell, and makes the same model again
"$BUILD"/tests/unit/u_model_train "a data set (6000 rows)" 6000
recorded() { python3 -c 'import json, struct, sys
with open(sys.argv[1], "rb") as f:
    print(json.loads(f.read(struct.unpack("<Q", f.read(8))[0]))["__metadata__"]["command"])' "$1"; }
again() { # MODEL: run its recorded command and compare
	recorded "$1" | tee command
	mv "$1" first && bash -n command && bash -e command >/dev/null && cmp first "$1" && echo "the same bytes"
}
perfvec train --cfg "a data set (6000 rows)" --epochs 1 --batch-size 16 -q -j 2 -o "a model; $(echo x).safetensors" 'InsLSTM(8,1,narchs=K,bias=False)'
again "a model; x.safetensors"
mv "a model; x.safetensors" m.safetensors
perfvec tune --model m.safetensors --cfg "a data set (6000 rows)" -q --threads=2 --uarch m4,m5 -o "it's tuned.safetensors"
again "it's tuned.safetensors"
perfvec tune --model m.safetensors --cfg "a data set (6000 rows)" -q --fine --epochs 1 --batch-size 16 --no-test -j1 -o "fine tuned.safetensors"
again "fine tuned.safetensors"
