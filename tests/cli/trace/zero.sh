# DC ZVA, whose address QEMU does not report, gets the lines that memset zeroes
. "$ROOT/tests/cli/trace/lib/guest.sh"
guest zero
trace -o z.pvt -- ./zero
perfvec dump z.pvt >dump
cat >check.py <<'P'
import sys
start = int(sys.argv[1], 16)
runs, silent = [], 0
for line in open("dump"):
    f = line.split()
    if line.startswith("#") or "store" not in f[4].split(","):
        continue
    silent += f[6] == "-"
    if f[7] != "64" or f[6] == "-":
        continue
    at = int(f[6], 16) - start
    if runs and at == runs[-1][1]:
        runs[-1][1] = at + 64
    elif 0 <= at < 8192:
        runs.append([at, at + 64])
print("stores without address:", silent)
# memset writes up to 191 bytes before the first whole line, and up to 191 after the last, with ordinary stores
for (first, last), (at, n) in zip(runs, [(0, 8192), (100, 5000), (64, 256), (1, 700)]):
    print("lines of bytes %d to %d:" % (at, at + n), at <= first < at + 192 and at + n - 192 < last <= at + n)
print(len(runs), "runs")
P
python3 check.py $(symbol zero table)
