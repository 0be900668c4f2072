# what plot refuses
"$BUILD"/tests/unit/u_model_train ds 3000
perfvec train --cfg ds --epochs 1 --batch-size 16 -q --log l.jsonl -o m.safetensors "InsLSTM(8,1,narchs=K,bias=False)"
perfvec represent ds --model m.safetensors -q -o r.npy
try() { perfvec plot "$@" 2>&1; echo "status $?"; }
try
try pie l.jsonl -o x.csv
try loss -o x.csv
try loss l.jsonl
try loss l.jsonl -o x.pdf
try loss l.jsonl -o nowhere/x.csv
try loss l.jsonl -m m.safetensors -o x.csv
try scatter ds -o x.csv
try scatter ds ds -m m.safetensors -o x.csv
try scatter ds -m m.safetensors --uarch m0,m9 -o x.csv -q
try scatter r.npy -m m.safetensors -o x.csv -q
try scatter nowhere -m m.safetensors -o x.csv -q
try cpi ds -m m.safetensors --program p9 -o x.csv -q
try machines ds -o x.csv
try stacks l.jsonl -o x.csv
try stacks nowhere.json -o x.csv
echo '{"runs": [{"program": "p", "machine": "m", "cpi": 1}]}' >cpi.json
try stacks cpi.json -o x.csv
try design cpi.json -o x.csv
try design nowhere.json -o x.csv
try loss nowhere.jsonl -o x.csv
echo '{"step": 1, "epoch": 1, "loss": 4, "rows": 10}' >bad.jsonl
echo '{"step": 2, "loss": "x"}' >>bad.jsonl
try loss bad.jsonl -o x.csv
try loss /dev/null -o x.csv
head -c 300 m.safetensors >binary.jsonl
try loss binary.jsonl -o x.csv 2>&1 | sed -E 's/(not JSON).*/\1 .../'
# no gnuplot: pictures cannot be had, CSV can
mkdir bin && ln -s "$(command -v perfvec)" bin/perfvec
PATH=$PWD/bin try loss l.jsonl -o x.svg
PATH=$PWD/bin try loss l.jsonl -o y.csv
# a gnuplot that fails
printf '#!/bin/sh\necho "  line 3: out of ink" >&2\nexit 3\n' >bin/gnuplot && chmod +x bin/gnuplot
PATH=$PWD/bin:$PATH try loss l.jsonl -o x.svg
printf '#!/bin/sh\ncat >/dev/null; echo nonsense\n' >bin/gnuplot
PATH=$PWD/bin:$PATH try loss l.jsonl -o x.svg
try loss l.jsonl -o /dev/full
# a file that may not grow: nothing is left
rm bin/gnuplot
(ulimit -f 1; perfvec plot loss l.jsonl -o z.csv 2>&1; echo status $?) | cat
ls
