# all weights trained further, on a dataset of other programs and machines
"$BUILD"/tests/unit/u_model_train ds 4000
"$BUILD"/tests/unit/u_machine_regression other 12
perfvec train --cfg ds --epochs 2 --batch-size 16 -q -o m.safetensors "InsLSTM(8,1,narchs=K,bias=False)"
numbers() { sed -E 's/ +[0-9.]+ %/ # %/g'; }
perfvec tune --fine --model m.safetensors --cfg other --batch-size 16 -o f.safetensors 2>/dev/null | numbers
mv f.safetensors g.safetensors
perfvec tune --fine --model m.safetensors --cfg other --batch-size 16 -o f.safetensors -j 3 >/dev/null 2>&1 && cmp f.safetensors g.safetensors && echo same
perfvec tune --fine --model m.safetensors --cfg other --batch-size 16 --epochs 1 --lr 0.001 -o h.safetensors --csv -q | cut -d, -f1
# vectors of the old foundation are not the new one's
perfvec represent ds --model m.safetensors -o r.npy -q; perfvec predict --model f.safetensors r.npy -q 2>&1 | sed 1q
perfvec predict --model f.safetensors other --csv -q | cut -d, -f1-4 | sed -n '1p;2p;$p'
try() { perfvec tune --fine -q --model m.safetensors "$@"; echo "status $?"; }
try --cfg other
try --cfg other -o x.safetensors --uarch all
try --cfg other -o x.safetensors --machine-regression
try --cfg other -o x.safetensors --epochs 0
try --cfg other -o x.safetensors --lr 0
try --cfg nowhere -o x.safetensors
ls *.safetensors
