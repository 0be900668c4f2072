# the same program on the same input gives the same file, static or dynamic, whole or cut
. "$ROOT/tests/cli/trace/lib/guest.sh"
guest streams
for i in 1 2; do
	echo text | trace -o static$i.pvt -- ./streams a >/dev/null 2>&1
	trace -o cut$i.pvt --skip 1000 --length 3000 -- ./streams a </dev/null >/dev/null 2>&1
done
cmp static1.pvt static2.pvt && cmp cut1.pvt cut2.pvt && echo "static: same bytes"
[ -d /usr/aarch64-linux-gnu/lib ] || { echo "no arm64 C library"; exit 77; }
guest streams -dynamic
for i in 1 2; do
	echo text | trace --sysroot /usr/aarch64-linux-gnu -o dynamic$i.pvt -- ./streams a >/dev/null 2>&1
	echo "exit $?"
done
cmp dynamic1.pvt dynamic2.pvt && echo "dynamic: same bytes"
breaks dynamic1.pvt
