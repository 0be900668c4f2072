# what dse says to bad input
"$BUILD"/tests/unit/u_machine_regression ds 24
perfvec train --cfg ds --epochs 1 --batch-size 16 -q -o m.safetensors "InsLSTM(8,1,narchs=K,bias=False)"
perfvec train --cfg ds --epochs 1 --batch-size 16 -q -o other.safetensors --seed 2 "InsLSTM(8,1,narchs=K,bias=False)"
perfvec tune --model m.safetensors --cfg ds --machine-regression --no-test -q -o n.safetensors
perfvec represent ds --model n.safetensors -o r.npy -q
perfvec represent ds --model other.safetensors -o o.npy -q
try() { perfvec dse -q "$@" 2>&1 | sed -E 's/\([0-9a-f]{16}\)/(FINGERPRINT)/g'; echo "status ${PIPESTATUS[0]}"; }
base="--base ds/machines/ooo_003.yaml" axis="--axis l2.size=1M,2M"
try
try --model n.safetensors r.npy
try --model n.safetensors $base r.npy
try --model n.safetensors $base $axis
try --model m.safetensors $base $axis r.npy
try --model n.safetensors $base $axis o.npy
try --model n.safetensors --base nothing $axis r.npy
try --model n.safetensors $base --axis l2.siz=1M r.npy
try --model n.safetensors $base --axis l2.size=1M..256k r.npy
try --model n.safetensors $base --axis l2.size=1000 r.npy
try --model n.safetensors $base --axis branch.btb_tag_bits=8,16 r.npy
try --model n.safetensors --base timing $axis r.npy
try --model n.safetensors $base $axis --objective 'tiem * 2' r.npy
try --model n.safetensors $base $axis --objective 'time *' r.npy
try --model n.safetensors $base $axis --objective time --objective cpi --objective ipc r.npy
try --model n.safetensors $base $axis --constraint 'l2.size < 1M' --constraint 'l2.size > 1M' r.npy
try --model n.safetensors $base $axis --constraint 'time < 1ns' r.npy
try --model n.safetensors $base $axis --programs p9 r.npy
try --model n.safetensors $base $axis --machines nowhere r.npy | grep -v '^ \|programs\|CPI'
try --model n.safetensors --space none.yaml r.npy
try --model n.safetensors $base $axis --csv --json r.npy
sed 's/"feature_schema":"pv1"/"feature_schema":"pv0"/; s/"feature_schema":"pv2"/"feature_schema":"pv0"/' n.safetensors >old.safetensors
try --model old.safetensors $base $axis r.npy
