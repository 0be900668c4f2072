#!/usr/bin/env python3
"""fake_gem5.py - stands in for gem5 in tests of `perfvec gem5 run`

Called as gem5 is:  fake_gem5.py -d OUTDIR SCRIPT run.json            our configuration script
                    fake_gem5.py -d OUTDIR SCRIPT --cpu C -r N [--maxinsts N] COMMAND

Replays traces into trace.txt and sq.trace.txt of its working folder, as the fork's O3 and Minor cores write them: each through a buffer of
its own. Environment:

FAKE_TRACES  folder with NAME.txt.zst and NAME.sq.txt.zst; a machine of another name replays timing
FAKE_STATE   folder that outlives a run: attempts.NAME counts attempts, running has a line for each start and each end
FAKE_PLAN    lines "NAME ATTEMPT WHAT": WHAT is one of
             crash      SIGSEGV after half of the trace      exit N   exit status N after half of it
             cut        the trace stops within a line, exit status 0
             hang       stops writing after half of it, for ever
             silent     no trace at all, exit status 0
             slow S     waits S seconds at half of it
             bad        a word where a number should be
             other      at row 100 the program does something else
             classes    says a numbering of operation classes in which 1 is IntMult and 2 IntAlu
             unsaid     no config.ini
             alike      config.ini does not tell the machine from others of this kind
             short      the last 50 lines are missing
"""
import json
import os
import signal
import subprocess
import sys
import time

BUFFER = 4096  # of stdio on a FIFO


def unpack(path):
    return subprocess.run(["zstd", "-dcq", path], check=True, stdout=subprocess.PIPE).stdout.decode().splitlines(keepends=True)


def identity(argv):
    """Name of the machine, and what config.ini would say about it."""
    if len(argv) == 1:
        run = json.load(open(argv[0]))
        print("program:", json.dumps(run["command"]), "in", run["cwd"], "environment", json.dumps(run["environment"]))
        return run["machine"], run["parameters"]
    cpu, r = argv[argv.index("--cpu") + 1], int(argv[argv.index("-r") + 1])
    print("program:", argv[-1])
    return f"rand_{cpu}_{r - 1}", {"core.period_ps": [1000, 500, 400, 300, 200][(r - 1) % 5], "random": r}


def write_config_ini(outdir, parameters):
    with open(os.path.join(outdir, "config.ini"), "w") as f:
        f.write(f"[system.cpu_cluster.clk_domain]\ntype=SrcClockDomain\nclock={parameters['core.period_ps']}\n\n[system.cpu]\n")
        for key, value in parameters.items():
            f.write(f"{key}={value}\n")


def note(state, text):
    with open(os.path.join(state, "running"), "a") as f:
        f.write(text + "\n")


def count_attempt(state, name):
    with open(os.path.join(state, "attempts." + name), "a") as f:
        f.write("x")
        return f.tell()


def what_to_do(name, attempt):
    for line in os.environ.get("FAKE_PLAN", "").splitlines():
        words = line.split()
        if len(words) >= 3 and words[0] == name and words[1] in (str(attempt), "*"):
            return words[2:]
    return ["run"]


def has_store_line(line):
    return len(line.split()) == 9


def write(main, stores, lines, sq, begin, end, n_stores):
    """Lines begin..end of the trace, each store's line a little later, as the store queue empties."""
    lag = 20
    for i in range(begin, end):
        main.write(lines[i])
        if has_store_line(lines[i]):
            n_stores += 1
            if n_stores > lag:
                stores.write(sq[n_stores - lag - 1])
    return n_stores


def finish_stores(stores, sq, n_stores):
    for line in sq[max(0, n_stores - 20):n_stores]:
        stores.write(line)


def main():
    outdir, argv = sys.argv[2], sys.argv[4:]
    name, parameters = identity(argv)
    state = os.environ["FAKE_STATE"]
    attempt = count_attempt(state, name)
    what = what_to_do(name, attempt)
    print(f"fake gem5: machine {name}, attempt {attempt}", flush=True)
    if what[0] != "unsaid":
        write_config_ini(outdir, {"core.period_ps": 500} if what[0] == "alike" else parameters)
    with open(os.path.join(outdir, "stats.txt"), "w") as f:
        f.write("simSeconds 0.001\n")
    if what[0] == "classes":
        names = ["No_OpClass", "IntMult", "IntAlu", "IntDiv"] + ["Float" + n for n in "Add Cmp Cvt Mult MultAcc Div Misc Sqrt".split()]
        open("op_classes.txt", "w").write("\n".join(names) + "\n")
    note(state, "start " + name)
    if what[0] == "silent":
        note(state, "end " + name)
        return 0
    folder = os.environ["FAKE_TRACES"]
    source = name if os.path.exists(f"{folder}/{name}.txt.zst") else "timing"
    lines, sq = unpack(f"{folder}/{source}.txt.zst"), unpack(f"{folder}/{source}.sq.txt.zst")
    trace = open("trace.txt", "w", buffering=BUFFER)
    stores = open("sq.trace.txt", "w", buffering=BUFFER)
    half = len(lines) // 2
    if what[0] == "bad":
        lines[half] = lines[half].replace(" ", " many ", 1)
    if what[0] == "other":
        row = next(i for i in range(100, len(lines)) if not has_store_line(lines[i]))
        fields = lines[row].split()
        pc = next(i for i in range(30, len(fields)) if int(fields[i]) > 65536)  # the first such number after the data access
        fields[pc] = str(int(fields[pc]) + 4)
        lines[row] = " ".join(fields) + "\n"
    n_stores = write(trace, stores, lines, sq, 0, half, 0)
    if what[0] in ("crash", "exit", "hang", "cut"):
        trace.flush()
        if what[0] == "cut":
            finish_stores(stores, sq, n_stores)
            trace.write(lines[half + 1][:-10] if not has_store_line(lines[half + 1]) else "0 1")
            trace.close()
            stores.close()
        while what[0] == "hang":
            time.sleep(1)
        note(state, "end " + name)
        if what[0] == "crash":
            os.kill(os.getpid(), signal.SIGSEGV)
        sys.stdout.flush()
        os._exit(int(what[1]) if what[0] == "exit" else 0)
    if what[0] == "slow":
        time.sleep(float(what[1]))
    n_stores = write(trace, stores, lines, sq, half, len(lines) - (50 if what[0] == "short" else 0), n_stores)
    finish_stores(stores, sq, n_stores)
    trace.close()
    stores.close()
    note(state, "end " + name)
    return 0


sys.exit(main())
