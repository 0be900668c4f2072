# machines that were never timed, from their files, by the model's machine regression
"$BUILD"/tests/unit/u_machine_regression ds 30
perfvec train --cfg ds --epochs 2 --batch-size 16 -q -o m.safetensors "InsLSTM(8,1,narchs=K,bias=True)"
perfvec tune --model m.safetensors --cfg ds --machine-regression --no-test -q -o n.safetensors
perfvec represent ds --model m.safetensors -o r.npy -q
sed 's/^name: .*/name: mine/' ds/machines/ooo_003.yaml >mine.yaml
perfvec predict --model n.safetensors --uarch mine.yaml,ooo_003 r.npy --csv -q >a; cut -d, -f1,3 a | sed -n 1,3p
# what the net learnt from, it gives back
awk -F, 'NR > 1 { t[$3] += $5 } END { e = t["mine"] / t["ooo_003"] - 1; print (e < 0.1 && e > -0.1) ? "close" : "far" }' a
sed -i 's/n_rob: [0-9]*/n_rob: 1000/' mine.yaml; perfvec predict --model n.safetensors --uarch mine.yaml r.npy --csv -q 2>&1 >/dev/null
sed -i 's/btb_tag_bits: [0-9]*/btb_tag_bits: 20/' mine.yaml; perfvec predict --model n.safetensors --uarch mine.yaml r.npy -q; echo "status $?"
perfvec predict --model m.safetensors --uarch mine.yaml r.npy -q; echo "status $?"
perfvec predict --model n.safetensors --uarch ds/machines/ooo_003.yaml r.npy -q 2>&1 | sed 1q
perfvec predict --model n.safetensors --uarch none.yaml r.npy -q; echo "status $?"
# the interval is no narrower than what the net was off by on machines left out
perfvec tune --model m.safetensors --cfg ds --machine-regression -q -o tested.safetensors
sed 's/^name: .*/name: mine/' ds/machines/ooo_003.yaml >mine.yaml
perfvec predict --model tested.safetensors --uarch mine.yaml r.npy -q | tail -n 1 | sed -E 's/[0-9.]+ %/# %/'
