"""successors.py - reads `perfvec dump`; every instruction must follow from the one before it

A row's instruction is followed by the next one in memory unless it is a taken branch, a system call, a fault, or a branch before a
signal. Prints how many instructions break the rule; the first few go to standard error.
"""
import sys

breaks = 0
previous = None
for line in sys.stdin:
    if line.startswith("#"):
        continue
    number, pc, index, op, flags, regs, addr, size, outcome = line.split()
    flags = flags.split(",")
    pc = int(pc, 16)
    if previous and index == "0":
        before, kind, result, text = previous
        may_jump = result.startswith("taken") or "syscall" in kind or "fault" in result
        if not may_jump and pc != before + 4:
            breaks += 1
            if breaks <= 5:
                print("after", text.strip(), "comes", line.strip(), file=sys.stderr)
    elif previous and index != "0" and pc != previous[0]:
        breaks += 1
        print("micro-operation", line.strip(), "follows", previous[3].strip(), file=sys.stderr)
    previous = (pc, flags, outcome, line)
print(breaks, "breaks")
