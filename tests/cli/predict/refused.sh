# what predict refuses
"$BUILD"/tests/unit/u_model_train ds 3000
perfvec train --cfg ds --epochs 1 --batch-size 16 -q -o m.safetensors "InsLSTM(8,1,narchs=K,bias=False)"
perfvec train --cfg ds --epochs 1 --batch-size 16 --seed 1 -q -o n.safetensors "InsLSTM(8,1,narchs=K,bias=False)"
perfvec represent ds --model m.safetensors -o r.npy -q
try() { perfvec predict -q "$@" 2>&1 | sed -E 's/[0-9a-f]{16}/FINGERPRINT/g; s/header of [0-9]+/header of N/'; echo "status ${PIPESTATUS[0]}"; }
try ds
try --model m.safetensors
try --model m.safetensors ds --uarch m0,m9
try --model m.safetensors ds --csv --json
try --model nowhere.safetensors ds
try --model n.safetensors r.npy
sed 's/rows: /rows: x/' r.yaml >bad.yaml; cp r.npy bad.npy
try --model m.safetensors bad.npy
head -c 200 r.npy >cut.npy; cp r.yaml cut.yaml
try --model m.safetensors cut.npy
head -c 100 m.safetensors >cut.safetensors
try --model cut.safetensors ds
# a dataset whose machine is another under the same name; other machines can still be compared
cp -r ds other && echo 'rob: 7' >>other/machines/m1.yaml
try --model m.safetensors other
perfvec predict --model m.safetensors -q --uarch m0 other >/dev/null; echo "status $?"
# a model of a schema that is not known, a program without rows
sed -E 's/"feature_schema":"pv[12]"/"feature_schema":"pv9"/' m.safetensors >pv9.safetensors
try --model pv9.safetensors ds
cp "$ROOT"/tests/fuzz/corpus/f_trace/empty.pvt .
try --model m.safetensors empty.pvt
