# Ctrl-C: the best finished epoch is saved, the status is 1
"$BUILD"/tests/unit/u_model_train ds 20000
perfvec train --cfg ds --batch-size 16 --epochs 100000 -j 1 --log log -o m.safetensors "InsLSTM(8,1,narchs=K,bias=False)" >out 2>err &
pid=$!
for i in $(seq 200); do
	grep -q '"epoch": 2, "best"' log 2>/dev/null && break
	sleep 0.05
done
kill -INT $pid
wait $pid
echo "status $?"
grep -o 'error: training was stopped' err
grep -c '^saved' out
perfvec predict --model m.safetensors ds -q | tail -n 2 | sed 's/ *[-+0-9.]* %//g'
