# what profile refuses
"$BUILD"/tests/unit/u_model_train ds 3000
perfvec train --cfg ds --epochs 1 --batch-size 16 -q -o m.safetensors "InsLSTM(8,1,narchs=K,bias=False)"
cp "$ROOT"/tests/fuzz/corpus/f_trace/{sum,empty}.pvt .
try() { perfvec profile -q "$@" 2>&1; echo "status ${PIPESTATUS[0]}"; }
try sum.pvt
try --model m.safetensors
try --model m.safetensors sum.pvt sum.pvt
try --model m.safetensors sum.pvt -- ./program
try --model m.safetensors sum.pvt --by register
try --model m.safetensors sum.pvt --csv --stacks
try --model m.safetensors sum.pvt --uarch m0,m9
try --model m.safetensors sum.pvt --uarch m0 --sort m1
try --model m.safetensors nowhere.pvt
try --model m.safetensors empty.pvt
try --model m.safetensors sum.pvt --cfg ds
try --model m.safetensors sum.pvt --sample 10:5000
try --model m.safetensors sum.pvt --sample 10:5000:100
try --model m.safetensors -- ./nowhere
ls
