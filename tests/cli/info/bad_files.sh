# files that cannot be read end in one error, and no summary
cp "$ROOT"/tests/fuzz/corpus/f_trace/sum.pvt good.pvt
head -c 300 good.pvt >cut.pvt
cp good.pvt flipped.pvt
printf '\377' | dd of=flipped.pvt bs=1 seek=60 conv=notrunc status=none
: >empty
echo 'not a trace' >text
mkdir folder
for f in cut.pvt flipped.pvt empty text folder missing.pvt; do
	perfvec info $f
	echo "[$f: exit $?]"
done
perfvec info
echo "[no file: exit $?]"
perfvec info good.pvt good.pvt
echo "[two files: exit $?]"
mkfifo pipe.pvt
timeout 10 perfvec info pipe.pvt; echo "[$?]"
