# what test refuses
"$BUILD"/tests/unit/u_model_train ds 3000
perfvec train --cfg ds --epochs 1 --batch-size 16 -q -o m.safetensors "InsLSTM(8,1,narchs=K,bias=False)"
try() { perfvec test -q "$@" 2>&1; echo "status $?"; }
try ds
try --model m.safetensors
try --model m.safetensors ds ds
try --model m.safetensors ds --csv --json
try --model m.safetensors ds --rows most
try --model m.safetensors ds --resamples 2000000
try --model m.safetensors ds --phase x
try --model nowhere.safetensors ds
try --model m.safetensors nowhere
# machines: one that the model lacks, one that the dataset lacks, none in common
try --model m.safetensors ds --uarch m0,m9
cp -r ds less && sed -i 's/name: m0/name: n0/; s|file: machines/m0|file: machines/n0|' less/dataset.yaml && mv less/machines/m0.yaml less/machines/n0.yaml
try --model m.safetensors less --uarch m0
cp -r ds none && sed -i -E 's/name: m([0-9])/name: n\1/; s|file: machines/m|file: machines/n|' none/dataset.yaml
for i in 0 1 2 3 4 5; do mv none/machines/m$i.yaml none/machines/n$i.yaml; done
try --model m.safetensors none
# another machine under the same name
cp -r ds other && echo 'rob: 7' >>other/machines/m1.yaml
try --model m.safetensors other
# a dataset of another feature schema, a model of another number of machines
cp -r ds schema && sed -i 's/^  schema: .*/  schema: 77/' schema/dataset.yaml
try --model m.safetensors schema
sed 's/narchs=4/narchs=3/' m.safetensors >k.safetensors
try --model k.safetensors ds
# times of something else, and vectors, which have none
cp -r ds target && sed -i 's/^  index: 2/  index: 1/; s/name: store_commit/name: commit/' target/dataset.yaml
try --model m.safetensors target
perfvec represent ds --model m.safetensors -q -o r.npy
try --model m.safetensors r.npy
# a program without rows
python3 -c '
import re
text = open("ds/dataset.yaml").read()
begin, end = text.index("  - name: p1"), text.index("  - name: p2")
open("empty.yaml", "w").write(text[:begin] + re.sub(r"(rows|insns): \d+|(\[)\d+, \d+(\])", lambda m: m[1] + ": 0" if m[1] else "[0, 0]", text[begin:end]) + text[end:])
'
cp -r ds empty && cp empty.yaml empty/dataset.yaml
try --model m.safetensors empty
