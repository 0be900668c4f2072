# addresses in the trace are those of the program's symbols, in the order and with the sizes that the code says
. "$ROOT/tests/cli/trace/lib/guest.sh"
guest stores
trace -o s.pvt -- ./stores
perfvec dump s.pvt >dump
table=$(symbol stores table) copy=$(symbol stores copy)
cat >expect.py <<'P'
import sys
table, copy = int(sys.argv[1], 16), int(sys.argv[2], 16)
inside = lambda a: any(start <= a < start + 512 for start in (table, copy))
seen = []
for line in open("dump"):
    if line.startswith("#"):
        continue
    number, pc, index, op, flags, regs, addr, size, outcome = line.split()
    if addr != "-" and inside(int(addr, 16)):
        # a pair is one access of 16 bytes or two of 8
        kind = "load" if "load" in flags.split(",") else "store"
        for part in range(0, int(size), 8):
            seen.append((kind, int(addr, 16) + part))
want = [("store", table + 8 * i) for i in range(64)] + [("load", table + 8 * i) for i in range(64)]
for i in range(64):
    want += [("load", table + 8 * i), ("store", copy + 8 * i)]
want.append(("load", copy + 8 * 63)) # for printf
print(len(seen), "accesses:", "as written" if seen == want else "different")
P
python3 expect.py $table $copy
