# a checkpoint becomes a model that predicts; the prefixes of a compiled model change nothing
perfvec import-pt "$ROOT/tests/golden/perfvec_checkpoint.pt" -o m.safetensors --machines a,b,c,d,e --clock 2000
perfvec import-pt "$ROOT/tests/golden/perfvec_checkpoint_compiled.pt" -o m2.safetensors --machines a,b,c,d,e --clock 2000 -q
cmp m.safetensors m2.safetensors && echo same
"$BUILD"/tests/unit/u_model_train ds 2000
perfvec import-pt "$ROOT/tests/golden/perfvec_checkpoint.pt" -o d.safetensors --cfg ds
perfvec represent ds --model m.safetensors -o r.npy -q
perfvec predict --model m.safetensors r.npy --csv -q | cut -d, -f1-3 | sed -n '1,7p'
# errors
try() { perfvec import-pt "$@"; echo "status $?"; }
try "$ROOT/tests/golden/perfvec_checkpoint.pt"
try -o x.safetensors
echo no >no.pt
try no.pt -o x.safetensors
try nowhere.pt -o x.safetensors
try "$ROOT/tests/golden/perfvec_checkpoint.pt" -o x.safetensors --model 'InsLSTM(32,2)' 2>&1 | sed "s|$ROOT|ROOT|"
try "$ROOT/tests/golden/perfvec_checkpoint.pt" -o x.safetensors --machines a,b 2>&1 | sed "s|$ROOT|ROOT|"
ls
