# a program on the command line is traced on the way, and says what its trace says; its own output goes to standard error
. "$ROOT/tests/cli/trace/lib/guest.sh"
guest streams
export TMPDIR=$PWD
"$BUILD"/tests/unit/u_model_train ds 6000
perfvec train --cfg ds --epochs 1 --batch-size 16 -q -o m.safetensors "InsLSTM(8,1,narchs=K,bias=False)"
echo text | perfvec trace -q -o s.pvt -- ./streams a >out 2>err
echo text | perfvec predict --model m.safetensors -q --csv -- ./streams a >direct.csv 2>direct.err
perfvec predict --model m.safetensors -q --csv s.pvt | cmp - direct.csv && echo "the same as through a trace"
cat out err | sort | diff - <(grep -v 'not known to the decoder' direct.err | sort) && echo "the program's output is on standard error"
echo text | perfvec predict --model m.safetensors -q --csv --length 1000 -- ./streams a 2>&1 >/dev/null | grep note | grep -v decoder
perfvec predict --model m.safetensors s.pvt -- ./streams 2>&1; echo "status $?"
perfvec predict --model m.safetensors -- ./nowhere 2>&1; echo "status $?"
perfvec predict --model m.safetensors --sort time --csv -q s.pvt | sed 1d | cut -d, -f5 | sort -gc && echo "sorted"
perfvec predict --model m.safetensors --sort name --csv -q ds | sed 1d | cut -d, -f1,3 | LC_ALL=C sort -c && echo "sorted"
ls
