# what train refuses, and how it says so
"$BUILD"/tests/unit/u_model_train ds 3000
echo no >no.safetensors
try() { perfvec train -q "$@" 2>&1 | sed 's/step [0-9]*: the loss.*/step N/'; echo "status ${PIPESTATUS[0]}"; }
try "InsLSTM(8,1)"
try --cfg ds
try --cfg nowhere "InsLSTM(8,1)"
try --cfg ds "InsLSTM(8,1" 
try --cfg ds "InsLSTM(8,1,bi=True)"
try --cfg ds "InsLSTM(8,1,narchs=77)"
try --cfg ds --epochs 0 "InsLSTM(8,1)"
try --cfg ds --inputs cubic "InsLSTM(8,1)"
try --cfg ds --loss MAE "InsLSTM(8,1)"
try --cfg ds --loss L1 --sum-weight 1 "InsLSTM(8,1)"
try --cfg ds --batch-size 8 --lr 1e30 "InsLSTM(8,1)"
try --cfg ds --resume no.safetensors "InsLSTM(8,1)"
try --cfg ds -o no/such/folder/m.safetensors --epochs 1 "InsLSTM(8,1)"
ls
