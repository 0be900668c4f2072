# machine vectors from machine parameters, learnt from 24 sampled machines; errors against programs, instructions and machines
"$BUILD"/tests/unit/u_machine_regression ds 24
perfvec train --cfg ds --epochs 2 --batch-size 16 -q -o m.safetensors "InsLSTM(8,1,narchs=K,bias=False)"
perfvec represent ds --model m.safetensors -o r.npy -q
numbers() { sed -E 's/[-+]?[0-9.]+ %/# %/g; s/ +# %/ # %/g; s/vectors from [0-9]+ inputs, learnt from 24/vectors from # inputs, learnt from 24/'; }
perfvec tune --model m.safetensors --cfg ds --machine-regression -o n.safetensors -j 1 2>/dev/null | numbers
mv n.safetensors n1.safetensors
perfvec tune --model m.safetensors --cfg ds --machine-regression -o n.safetensors -j 3 >/dev/null 2>&1 && cmp n.safetensors n1.safetensors && echo same
# its name before still works
perfvec tune --model m.safetensors --cfg ds --uarch-net --curve --csv -o c.safetensors 2>/dev/null | cut -d, -f1,2
perfvec tune --model m.safetensors --cfg ds --machine-regression --parameters core.period_ps,l1d.size_bytes --uarch all-unseen -o p.safetensors 2>/dev/null | tail -n 1
# vectors made before stay valid, and so do the machine vectors
perfvec predict --model m.safetensors r.npy --csv -q >a; perfvec predict --model n.safetensors r.npy --csv -q | cmp - a && echo unchanged
# tuning keeps the regression
perfvec tune --model n.safetensors --cfg ds --programs p0,p1 -o t.safetensors 2>/dev/null | numbers
strings -n 8 t.safetensors | grep -o '"uarch_net":"1"'
# learning curves
perfvec tune --model m.safetensors --cfg ds --curve --uarch inorder_000,ooo_003 2>/dev/null | numbers
perfvec tune --model m.safetensors --cfg ds --curve --csv -q | cut -d, -f1-3,7
# errors
try() { perfvec tune -q --model m.safetensors --cfg ds "$@"; echo "status $?"; }
try --machine-regression
try --machine-regression -o x.safetensors --parameters l1d.size
try --machine-regression -o x.safetensors --parameters units.simd.ops
try --machine-regression -o x.safetensors --parameters bus.l2_frontend_cycles
try --machine-regression -o x.safetensors --uarch ooo_001,ooo_002
try --machine-regression -o x.safetensors --programs p0
try -o x.safetensors --parameters core.period_ps
try -o x.safetensors --curve
try -o x.safetensors --programs p4
try -o x.safetensors --programs p9
ls
