# kill -9 at any moment: the same command goes on from the last checkpoint to the same bytes; what the killed run left half-written goes
"$BUILD"/tests/unit/u_model_train ds 6000
model="InsLSTM(8,1,narchs=K,bias=False)"
run() { exec perfvec train --cfg ds --batch-size 16 --epochs 3 --lr-step 2 -j 1 --checkpoint-steps 5 --log log --checkpoints ck -o m.safetensors "$@" "$model"; }
losses() { python3 -c 'import json; print([(l.get("step"), l["epoch"], l.get("loss"), l.get("score")) for l in map(json.loads, open("log"))])'; }
(run >out 2>err) && mkdir whole && losses >whole/log && mv m.safetensors ck/last.safetensors ck/best.safetensors whole
kills=0 within=0
for i in $(seq 60); do
	rm -rf ck log
	# killed once it has written a checkpoint within an epoch, a little later each time
	(run >out 2>err) &
	pid=$!
	until [ -e ck/last.safetensors ]; do sleep 0.002; done
	sleep "0.0$((i % 10))$((i / 10))"
	kill -9 $pid 2>kill.log && kills=$((kills + 1))
	wait $pid 2>/dev/null
	[ -e m.safetensors ] || touch "ck/last.safetensors.tmp$pid" # as if it had been killed while writing
	(run >out 2>err) || cat err
	grep -q 'going on from ck/last.safetensors: epoch [123], after step' err && within=$((within + 1))
	losses >log.now
	cmp m.safetensors whole/m.safetensors && cmp ck/last.safetensors whole/last.safetensors &&
		cmp ck/best.safetensors whole/best.safetensors && cmp log.now whole/log || break
	[ "$(ls ck | tr '\n' ' ')" = 'best.safetensors last.safetensors ' ] || ls ck
	rm m.safetensors
	[ $within -ge 3 ] && break
done
[ $kills -ge $within ] && echo "killed, resumed within a run $within times"
# finished: nothing is left to do, and the same model is written
(run 2>&1) | grep -o 'going on from .*'
cmp m.safetensors whole/m.safetensors && echo "same bytes"
# other options than the run in that folder
(run -q --lr 0.1); echo "status $?"
# another dataset of the same size
"$BUILD"/tests/unit/u_model_train other 6000
sed -i '0,/total: \[/s/total: \[[0-9]*/total: [12345/' other/dataset.yaml
(exec perfvec train --cfg other --batch-size 16 --epochs 3 --lr-step 2 -q --checkpoints ck "$model") 2>&1 | sed 's/x4\/[0-9a-f]*/x4\/N/g'
# windows, blocks of them
rm -rf ck log
run() { exec perfvec train --cfg ds --mode window --sbatch --sbatch-size 16 --batch-size 4 --train-size 200 --valid-size 100 --refit-size 200 \
	--epochs 2 -q -j 1 --checkpoint-steps 7 --checkpoints ck -o m.safetensors "$model"; }
"$BUILD"/tests/unit/u_model_train ds 1000 8
(run) && mv m.safetensors w.safetensors && rm -rf ck
(run) &
pid=$!
until [ -e ck/last.safetensors ]; do sleep 0.002; done
kill -9 $pid 2>/dev/null
wait $pid 2>/dev/null
(run) && cmp m.safetensors w.safetensors && echo "same bytes over windows"
