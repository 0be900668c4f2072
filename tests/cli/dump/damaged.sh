# a damaged chunk is named, and nothing of it is printed
cp "$ROOT"/tests/fuzz/corpus/f_trace/sum.pvt .
printf '\377' | dd of=sum.pvt bs=1 seek=100 conv=notrunc status=none
perfvec dump sum.pvt
echo "[exit $?]"
perfvec dump
