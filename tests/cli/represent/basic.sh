# vectors of a dataset: float64 for NumPy, what they are of beside them, the same bytes at any number of threads
"$BUILD"/tests/unit/u_model_train ds 30000
perfvec train --cfg ds --epochs 1 --train-size 20k --batch-size 16 -q -o m.safetensors "InsLSTM(8,1,narchs=K,bias=False)"
perfvec represent ds --model m.safetensors -o r.npy -j 1 2>/dev/null
sed 's/"[0-9a-f]\{16\}"/"FINGERPRINT"/; s/perfvec [0-9].*/perfvec VERSION/' r.yaml
perfvec represent ds --model m.safetensors -o r2.npy -j 3 -q
cmp r.npy r2.npy && cmp r.yaml r2.yaml && echo "same bytes"
head -c 128 r.npy | tr -d '\0' | grep -ao '{.*}'
# saved vectors predict what the dataset predicts, without the simulated times
perfvec predict --model m.safetensors r.npy -q --csv | cut -d, -f1-6 >a
perfvec predict --model m.safetensors ds -q --csv | cut -d, -f1-6 >b
cmp a b && wc -l <a
# errors
echo no >no.safetensors
perfvec represent ds --model m.safetensors; echo "status $?"
perfvec represent --model m.safetensors -o x.npy; echo "status $?"
perfvec represent nowhere.pvt --model m.safetensors -o x.npy; echo "status $?"
perfvec represent ds --model no.safetensors -o x.npy; echo "status $?"
ls
