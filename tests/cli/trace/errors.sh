# what cannot be traced gets one clear error, and leaves no file
. "$ROOT/tests/cli/trace/lib/guest.sh"
guest crash
# an x86-64 program, whatever this machine is
python3 -c 'import sys; b = bytearray(open("crash", "rb").read()); b[18:20] = b"\x3e\0"; open("x86", "wb").write(b)'
python3 -c 'import sys; b = bytearray(open("crash", "rb").read()); b[4] = 1; b[18:20] = b"\x28\0"; open("arm32", "wb").write(b)'
head -c 40 crash >short
printf '#!/bin/sh\n' >script
echo text >text
: >empty
mkdir root
t() {
	echo "\$ perfvec trace $*"
	perfvec trace "$@"
	echo "[$?]"
}
t -o e.pvt -- ./x86
t -o e.pvt -- ./arm32
t -o e.pvt -- ./short
t -o e.pvt -- ./script
t -o e.pvt -- ./text
t -o e.pvt -- ./empty
t -o e.pvt -- ./nosuch
t -o e.pvt -- nosuchprogram
t -o e.pvt -- ./root
t -o e.pvt --sysroot nosuchroot -- ./crash
t -o e.pvt --plugin nosuchplugin.so -- ./crash
t -o e.pvt --qemu nosuchqemu -- ./crash
t -o e.pvt --qemu /bin/true -- ./crash
t -o e.pvt --cpu z80 --qemu qemu-aarch64 -- ./crash 2>&1 | sed "s|'[^']*qemu-aarch64|'QEMU|"
t -o nosuchfolder/e.pvt -- ./crash
(ulimit -f 1000; t -o e.pvt -- ./crash)
t -o e.pvt --isa vax -- ./crash
t -o e.pvt
t -- ./crash
t -o e.pvt --length many -- ./crash
t -o e.pvt --program 'a b' -- ./crash
t -o e.pvt --program '' -- ./crash
cp crash forbidden && chmod -x forbidden
t -o e.pvt -- ./forbidden
guest crash -dynamic
t -o e.pvt --sysroot root -- ./crash
ls
