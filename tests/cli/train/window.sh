# the reference's windows: several models in one run, blocks, other ways to run a model
"$BUILD"/tests/unit/u_model_train ds 1000 8
o="--cfg ds --mode window --epochs 1 --train-size 200 --batch-size 10 --valid-size 100 --refit-size 200"
perfvec train $o --dry-run --sbatch "InsLSTM(8,1,narchs=K,bias=False)" "SeqLSTM(4,1,bi=True)"
perfvec train $o -q --checkpoints ck --log log.json -o m.safetensors "InsLSTM(8,1,narchs=K,bias=False)" "SeqLSTM(4,1,bi=True)"; echo "status $?"
ls . ck-1 ck-2
# an InsLSTM runs as streams, unless told otherwise; what reads its windows from the end cannot
perfvec predict --model m-1.safetensors -q --csv ds | tail -n +2 | cut -d, -f1-4 | sort -u | wc -l
perfvec predict --model m-2.safetensors -q --csv ds | tail -n +2 | cut -d, -f1-4 | sort -u | wc -l
perfvec represent --model m-1.safetensors -q -o s.npy ds
perfvec represent --model m-1.safetensors --mode window -q -o w.npy ds
cmp -s s.npy w.npy || echo "other vectors"
perfvec predict --model m-1.safetensors -q w.npy 2>&1 | head -n 1
perfvec predict --model m-2.safetensors --mode stream -q ds 2>&1 | head -n 1
# threads do not change a byte
perfvec train $o -q -j 3 --sbatch --sbatch-size 32 --batch-size 3 -o a.safetensors "InsLSTM(8,1,narchs=K,bias=False)"
mv a.safetensors a1.safetensors
perfvec train $o -q -j 1 --sbatch --sbatch-size 32 --batch-size 3 -o a.safetensors "InsLSTM(8,1,narchs=K,bias=False)"
cmp a.safetensors a1.safetensors && echo "same bytes"
# refused
perfvec train --cfg ds --mode window -q "Predictor(cfg)"; echo "status $?"
perfvec train --cfg ds --mode sideways -q "InsLSTM(8,1)"; echo "status $?"
perfvec train --cfg ds -q --sbatch "InsLSTM(8,1)"; echo "status $?"
perfvec train --cfg ds -q --resume x "InsLSTM(8,1)" "InsLSTM(9,1)"; echo "status $?"
