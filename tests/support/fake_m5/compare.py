#!/usr/bin/env python3
"""compare.py OBJECTS.json MACHINE.json - hold what perfvec_se.py made against gem5's own dump of the machine

Every value that both name must be equal. Prints the differences and how many values were compared.
"""
import json
import sys

compared, differences = 0, []

# Clocks and sizes are texts for one and numbers for the other; objects have their own comparisons; the rest is of the run or of the dump.
SKIP = {"clk_domain", "system", "type", "max_insts_all_threads", "max_insts_any_thread", "tags", "replacement_policy", "prefetcher",
        "indirectBranchPred", "loop_predictor", "statistical_corrector", "tage", "mmu", "workload", "isa", "decoder", "interrupts", "tracer"}
# Lengths of simulator buffers, no part of the machine: the fork sets them for its generated machines and for pk, ours are as long as needed.
BUFFERS = {"forwardComSize", "backComSize"}


def same(where, ours, theirs):
    global compared
    compared += 1
    if ours != theirs:
        differences.append("%s: %r, gem5's own has %r" % (where, ours, theirs))


def plain(where, ours, theirs, skip=()):
    for key, value in theirs.items():
        if key in SKIP or key in skip or isinstance(value, (dict, list)) or key not in ours:
            continue
        mine = ours[key]
        if isinstance(mine, str) and isinstance(value, int) and not isinstance(value, bool):
            mine = int(mine.rstrip("Bpsns")) * (1000 if mine.endswith("ns") else 1) if mine[:1].isdigit() and mine != "0Hz" else 0
        same(where + "." + key, mine, value)


def key_of(unit):
    return json.dumps(unit, sort_keys=True)


def merged(pools):
    """Two pools of one unit are a pool of two."""
    counts = {}
    for count, ops in pools:
        counts[key_of(sorted(ops))] = counts.get(key_of(sorted(ops)), 0) + count
    return {ops: count for ops, count in counts.items() if count}


def ooo_units(cpu):
    return merged((unit["count"], [[op["opClass"], op["opLat"], op["pipelined"]] for op in unit["opList"]])
                  for unit in cpu["fuPool"]["FUList"])


def inorder_units(cpu, with_timings):
    out = []
    for unit in cpu["executeFuncUnits"]["funcUnits"]:
        timings = [{"extraAssumedLat": t["extraAssumedLat"], "srcRegsRelativeLats": t["srcRegsRelativeLats"]} for t in unit["timings"]]
        ops = sorted(c["opClass"] for c in unit["opClasses"]["opClasses"])
        out.append({"opLat": unit["opLat"], "issueLat": unit["issueLat"], "ops": ops, "timings": timings if with_timings else 0})
    return sorted(out, key=key_of)


def dumped_inorder(units, with_timings):
    out = []
    for unit in units:
        timings = [{k: t[k] for k in ("extraAssumedLat", "srcRegsRelativeLats")} for t in unit["timings"]]
        out.append({"opLat": unit["opLat"], "issueLat": unit["issueLat"], "ops": sorted(unit["ops"]),
                    "timings": timings if with_timings else 0})
    return sorted(out, key=key_of)


def units(cpu, dump):
    if "fuPool" in dump:
        same("fuPool", ooo_units(cpu), merged((u["count"], u["ops"]) for u in dump["fuPool"]))
        return
    # timings by instruction encoding (HPI) have no counterpart in our table
    encoded = any(t["mask"] for u in dump["executeFuncUnits"] for t in u["timings"])
    same("executeFuncUnits", inorder_units(cpu, not encoded), dumped_inorder(dump["executeFuncUnits"], not encoded))


def cache(where, ours, theirs):
    # HPI's instruction cache is not marked read-only, which our table does not tell
    plain(where, ours, theirs, skip={"is_read_only"} if where == "icache" else ())
    same(where + ".replacement_policy", ours["replacement_policy"]["type"], theirs["replacement_policy"]["type"])
    same(where + ".has_prefetcher", bool(ours["prefetcher"]), bool(theirs.get("prefetcher")))
    if theirs.get("prefetcher"):
        plain(where + ".prefetcher", ours["prefetcher"], theirs["prefetcher"], skip={"block_size", "page_bytes", "prefetch_on_pf_hit"})  # taken from the parent


def predictor(ours, theirs):
    same("branchPred.type", ours["type"], theirs["type"])
    plain("branchPred", ours, theirs, skip={"numThreads"})
    plain("indirectBranchPred", ours["indirectBranchPred"], theirs["indirectBranchPred"], skip={"numThreads"})


def memory(ours, theirs):
    interfaces = [m for m in theirs if m["type"] != "MemCtrl"]
    controllers = [m for m in theirs if m["type"] == "MemCtrl"]
    same("memory channels", len(ours), len(interfaces))
    for mine, dram, controller in zip(ours, interfaces, controllers):
        ranges = dram["range"].split(":")  # one channel: gem5 prints no interleaving
        same("dram.range", mine["dram"]["range"].split(":")[:len(ranges)], ranges)
        same("dram.addr_mapping", mine["dram"]["addr_mapping"], dram["addr_mapping"])
        plain("mem_ctrl", mine, controller)


def main():
    root, dump = json.load(open(sys.argv[1])), json.load(open(sys.argv[2]))
    system = root["system"]
    cluster = system["cpu_cluster"]
    cpu = cluster["cpus"][0]
    same("clock", cluster["clk_domain"]["clock"], "%dps" % dump["clocks_ps"]["system.cpu_cluster.clk_domain"][0])
    same("memory clock", system["clk_domain"]["clock"], "%dps" % dump["clocks_ps"]["system.clk_domain"][0])
    plain("cpu", cpu, dump["cpu"], skip=BUFFERS if dump["name"].startswith("rand") or dump["name"] == "pk" else ())
    units(cpu, dump)
    predictor(cpu["branchPred"], dump["branchPred"])
    cache("icache", cpu["icache"], dump["icache"])
    cache("dcache", cpu["dcache"], dump["dcache"])
    same("l2", "l2" in cluster, "l2" in dump)
    if "l2" in dump:
        cache("l2", cluster["l2"], dump["l2"])
        plain("toL2Bus", cluster["toL2Bus"], dump["buses"][0])
    plain("membus", system["membus"], dump["buses"][-1])
    memory(system["mem_ctrls"], dump["memory"])
    for text in differences:
        print(text)
    print("%s: %d values compared, %d differ" % (dump["name"], compared, len(differences)))
    return 1 if differences or compared < 100 else 0


sys.exit(main())
