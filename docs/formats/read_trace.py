#!/usr/bin/env python3
"""Prints a trace like `perfvec dump`. Written from docs/formats/trace.md alone; needs only Python and the zstd command. Slow: for small files."""
import struct
import subprocess
import sys

MASK = (1 << 64) - 1
OP_CLASSES = """No_OpClass IntAlu IntMult IntDiv FloatAdd FloatCmp FloatCvt FloatMult FloatMultAcc FloatDiv FloatMisc FloatSqrt SimdAdd SimdAddAcc
SimdAlu SimdCmp SimdCvt SimdMisc SimdMult SimdMultAcc SimdShift SimdShiftAcc SimdDiv SimdSqrt SimdFloatAdd SimdFloatAlu SimdFloatCmp
SimdFloatCvt SimdFloatDiv SimdFloatMisc SimdFloatMult SimdFloatMultAcc SimdFloatSqrt SimdReduceAdd SimdReduceAlu SimdReduceCmp
SimdFloatReduceAdd SimdFloatReduceCmp SimdAes SimdAesMix SimdSha1Hash SimdSha1Hash2 SimdSha256Hash SimdSha256Hash2 SimdShaSigma2
SimdShaSigma3 SimdPredAlu MemRead MemWrite FloatMemRead FloatMemWrite IprAccess InstPrefetch""".split()
FLAGS = """microop cond uncond direct squash-after serialize-after serialize-before atomic store-cond rbarrier wbarrier quiesce nonspec load
store call return syscall prefetch last""".split()
COND, UNCOND = 1 << 1, 1 << 2
TAKEN, FAULT, HAS_ADDR = 1, 2, 4


def rotl(x, k):
    return (x << k | x >> 64 - k) & MASK


def xxh64(data):
    p1, p2, p3, p4, p5 = (0x9E3779B185EBCA87, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0x85EBCA77C2B2AE63, 0x27D4EB2F165667C5)

    def lane(acc, x):
        return rotl(acc + x * p2 & MASK, 31) * p1 & MASK

    at, n = 0, len(data)
    h = p5
    if n >= 32:
        acc = [p1 + p2 & MASK, p2, 0, -p1 & MASK]
        while n - at >= 32:
            acc = [lane(a, x) for a, x in zip(acc, struct.unpack_from("<4Q", data, at))]
            at += 32
        h = sum(rotl(a, k) for a, k in zip(acc, (1, 7, 12, 18))) & MASK
        for a in acc:
            h = ((h ^ lane(0, a)) * p1 + p4) & MASK
    h = h + n & MASK
    while n - at >= 8:
        h = (rotl(h ^ lane(0, struct.unpack_from("<Q", data, at)[0]), 27) * p1 + p4) & MASK
        at += 8
    if n - at >= 4:
        h = (rotl(h ^ struct.unpack_from("<I", data, at)[0] * p1 & MASK, 23) * p2 + p3) & MASK
        at += 4
    for byte in data[at:]:
        h = rotl(h ^ byte * p5 & MASK, 11) * p1 & MASK
    h = (h ^ h >> 33) * p2 & MASK
    h = (h ^ h >> 29) * p3 & MASK
    return h ^ h >> 32


def check(data, expected, what):
    if xxh64(data) != expected:
        sys.exit(f"checksum of the {what} differs")
    return data


def unzstd(frame):
    return subprocess.run(["zstd", "-dc"], input=frame, stdout=subprocess.PIPE, check=True).stdout if frame else b""


def unzigzag(z):
    return (z >> 1 ^ -(z & 1)) & MASK


class Bytes:
    def __init__(self, data):
        self.data, self.at = data, 0

    def left(self):
        return len(self.data) - self.at

    def take(self, n):
        if n > self.left():
            sys.exit("a stream ends early")
        self.at += n
        return self.data[self.at - n:self.at]

    def number(self, n):
        return int.from_bytes(self.take(n), "little")

    def leb(self):
        value = shift = 0
        while True:
            byte = self.number(1)
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value


class Uop:
    def __init__(self, b, last_pc):
        self.pc = last_pc + unzigzag(b.leb()) & MASK
        self.flags = b.leb()
        op, counts, self.insn_bytes, self.index, self.n_uops, self.access_bytes = b.take(6)
        self.addr_offset = unzigzag(b.leb())
        self.target = self.pc + unzigzag(b.leb()) & MASK if op & 0x80 else 0
        self.op_class = op & 0x7F
        self.src = [self.reg(b.leb()) for _ in range(counts & 15)]
        self.dst = [self.reg(b.leb()) for _ in range(counts >> 4)]
        self.follower = False

    @staticmethod
    def reg(code):
        return "ifvepcm"[code & 7] + str(code >> 3)


def read_table(data, n):
    b, uops = Bytes(data), []
    while len(uops) < n:
        count, n_raw, n_stored = struct.unpack("<3I", b.take(12))
        records = Bytes(unzstd(b.take(n_stored)))
        last_pc = 0
        for _ in range(count):
            uops.append(Uop(records, last_pc))
            last_pc = uops[-1].pc
    for i, u in enumerate(uops):
        k = i
        while k > 0 and uops[k].index > 0 and uops[k - 1].index == uops[k].index - 1 and uops[k - 1].pc == u.pc and not u.follower:
            k -= 1
            u.follower = u.access_bytes > 0 and uops[k].access_bytes > 0
    return uops


def read_entries(n, first, run, jump):
    """Which micro-operation each row is."""
    entries, next_, alt = [first], {}, {}
    while len(entries) < n:
        predicted = run.leb() if run.left() else None
        for _ in range(n - len(entries) if predicted is None else predicted):
            entries.append(next_.get(entries[-1], entries[-1] + 1))
        if predicted is not None:
            u, code = entries[-1], jump.leb()
            v = alt[u] if code == 0 else u + unzigzag(code - 1) & MASK
            alt[u], next_[u] = next_.get(u, u + 1), v
            entries.append(v)
    return entries


def expected_flags(uops, entries, i):
    u = uops[entries[i]]
    flags = HAS_ADDR if u.access_bytes else 0
    if u.flags & UNCOND:
        flags |= TAKEN
    elif u.flags & COND and i + 1 < len(entries) and uops[entries[i + 1]].pc != u.pc + u.insn_bytes:
        flags |= TAKEN
    return flags


def read_escapes(escape):
    escapes, row = {}, 0
    while escape.left():
        code = escape.leb()
        row += code >> 1
        flags = escape.number(1)
        escapes[row] = (flags, escape.number(8) if code & 1 else None)
        row += 1
    return escapes


def read_chunk(data, uops):
    n, first = struct.unpack_from("<2I", data)
    streams, at = [], 56
    for s in range(6):
        n_raw, n_stored = struct.unpack_from("<2I", data, 8 + 8 * s)
        streams.append(Bytes(unzstd(data[at:at + n_stored])))
        at += n_stored
    run, jump, length, follow, numbers, escape = streams
    entries = read_entries(n, first, run, jump)
    escapes = read_escapes(escape)
    base, state = 0, {}
    for i, entry in enumerate(entries):
        u, stray = uops[entry], None
        flags = expected_flags(uops, entries, i)
        if i in escapes:
            flags, stray = escapes[i]
        addr = stray or 0
        if stray is None and flags & HAS_ADDR:
            x = unzigzag(numbers.number((follow if u.follower else length).number(1)))
            if u.follower:
                addr = base + u.addr_offset + x & MASK
            else:
                last, stride, delta = state.get(entry, (base, 0, 0))
                d = stride if x == 0 else 0 if x == stride else x
                addr = last + d & MASK
                state[entry] = (addr, d if d == delta else stride, d)
            base = addr - u.addr_offset & MASK
        yield u, flags, addr
    if any(s.left() for s in streams):
        sys.exit("a stream is too long")


def main(path):
    data = open(path, "rb").read()
    if data[:8] != b"\x89PVT\r\n\x1a\n" or data[-8:] != b"PVT-END\n":
        sys.exit("not a whole trace file")
    check(data[:24], struct.unpack_from("<Q", data, 24)[0], "header")
    footer = data[-112:]
    check(footer[:96], struct.unpack_from("<Q", footer, 96)[0], "footer")
    sections = []
    for i, what in enumerate(("table", "origin", "index")):
        offset, n, expected = struct.unpack_from("<3Q", footer, 24 * i)
        sections.append(check(data[offset:offset + n], expected, what))
    _, _, n_uops, n_chunks = struct.unpack_from("<QQII", footer, 72)
    uops = read_table(sections[0], n_uops)
    print("# row pc index class flags sources->destinations address bytes outcome")
    row = 0
    for c in range(n_chunks):
        offset, expected, n, _ = struct.unpack_from("<QQII", sections[2], 24 * c)
        for u, flags, addr in read_chunk(check(data[offset:offset + n], expected, f"chunk {c}"), uops):
            names = ",".join(name for i, name in enumerate(FLAGS) if u.flags >> i & 1) or "-"
            where = f"0x{addr:x} {u.access_bytes}" if flags & HAS_ADDR else "- -"
            outcome = "taken" if flags & TAKEN else "not-taken" if u.flags & (COND | UNCOND) else "-"
            print(f"{row} 0x{u.pc:x} {u.index} {OP_CLASSES[u.op_class]} {names} {','.join(u.src)}->{','.join(u.dst)} {where} "
                  f"{outcome}{',fault' if flags & FAULT else ''}")
            row += 1


if __name__ == "__main__":
    main(sys.argv[1])
