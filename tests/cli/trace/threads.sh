# other threads and processes run, are counted and are not recorded; an instruction that QEMU runs again alone is recorded once
. "$ROOT/tests/cli/trace/lib/guest.sh"
guest threads
trace -o t.pvt -- ./threads
echo "exit $?"
breaks t.pvt
# the loop's atomic add and exclusive pair: at least 2000 each, all by the first thread; failed tries come again
python3 - <<'P'
import subprocess
n = 0
for line in subprocess.run(["perfvec", "dump", "t.pvt"], capture_output=True, text=True).stdout.splitlines():
    f = line.split()
    n += "store-cond" in f[4] if not line.startswith("#") else 0
print("store-exclusives:", "at least those of the first thread" if n >= 4000 else n)
P
