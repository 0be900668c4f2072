# machines are learnt with the foundation frozen: vectors made before stay valid
"$BUILD"/tests/unit/u_model_train ds 6000
perfvec train --cfg ds --epochs 2 --batch-size 16 -q -o m.safetensors "InsLSTM(8,1,narchs=K,bias=False)"
perfvec represent ds --model m.safetensors -o r.npy -q
perfvec tune --model m.safetensors --cfg ds -o t.safetensors -j 1 2>/dev/null | sed -E 's/[-+]?[0-9.]+ %/# %/g'
perfvec tune --model m.safetensors --cfg ds -o t2.safetensors -j 3 -q --uarch m4,m5
perfvec predict --model t.safetensors r.npy --csv -q >a
perfvec predict --model t2.safetensors r.npy --csv -q >b
cmp a b && cut -d, -f1-4 a | sed -n '1,7p'
# rows of the others are as they were
perfvec predict --model m.safetensors r.npy --csv -q | grep ',m0,' >c; grep ',m0,' a | cmp - c && echo unchanged
# errors
echo no >no.safetensors
try() { perfvec tune -q "$@"; echo "status $?"; }
try --model m.safetensors --cfg ds
try --model m.safetensors --cfg ds -o x.safetensors --uarch m9
try --model m.safetensors --cfg nowhere -o x.safetensors
try --model no.safetensors --cfg ds -o x.safetensors
ls
