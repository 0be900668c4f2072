# What cannot be simulated gets one clear error and leaves nothing behind.
t=$ROOT/tests/fuzz/corpus/f_trace
try() { perfvec simulate "$@" -q -o ds; echo "[$?]"; }
try
try missing.pvt --uarch o3
try "$t/sum.pvt"
try "$t/sum.pvt" --uarch nonsense
try "$t/sum.pvt" --uarch o3,o3
try "$t/sum.pvt" "$t/sum.pvt" --uarch o3 2>&1 | sed "s|$t|CORPUS|g"
try "$t/empty.pvt" --uarch o3 2>&1 | sed "s|$t|CORPUS|g"
try "$t/sum.pvt" --uarch o3 --unseen-programs awk
try "$t/sum.pvt" --uarch o3,minor --unseen-uarchs o3,minor
try "$t/sum.pvt" --uarch o3 -j -1
perfvec simulate "$t/sum.pvt" --uarch o3 -o ""; echo "[$?]"
head -c 400 "$t/sum.pvt" >cut.pvt
try cut.pvt --uarch o3
echo text >ds
try "$t/sum.pvt" --uarch o3
cat ds
ls
