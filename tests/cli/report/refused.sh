# what report refuses
"$BUILD"/tests/unit/u_model_train ds 3000
perfvec train --cfg ds --epochs 1 --batch-size 16 -q --log l.jsonl -o m.safetensors "InsLSTM(8,1,narchs=K,bias=False)"
try() { perfvec report "$@" 2>&1; echo "status $?"; }
try
try -o r.html
try --log l.jsonl
try ds -o r.html
try --dataset ds -o r.html
mkdir bin && ln -s "$(command -v perfvec)" bin/perfvec
PATH=$PWD/bin try --log l.jsonl -o r.html
# the rest needs something that draws, whatever it is
printf '#!/bin/sh\nwhile read -r line; do :; done; [ -z "$line" ] && echo "<svg viewBox=\\"0 0 1 1\\" ></svg>"\n' >bin/gnuplot && chmod +x bin/gnuplot
PATH=$PWD/bin:$PATH
try --log l.jsonl -o nowhere/r.html
try --log nowhere.jsonl -o r.html
echo '{}' >bad.jsonl
try --log bad.jsonl -o r.html
try --model m.safetensors --dataset nowhere -q -o r.html
try --model nowhere.safetensors --dataset ds -q -o r.html
cp -r ds other && echo 'rob: 7' >>other/machines/m1.yaml
try --model m.safetensors --dataset other -q -o r.html
echo before >r.html
(ulimit -f 2; perfvec report --log l.jsonl -o r.html 2>&1; echo status $?) | cat
cat r.html
ls
