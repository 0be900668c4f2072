"""perfvec_se.py - gem5 configuration: one program on one machine of perfvec, in syscall emulation

    gem5 [gem5's options] perfvec_se.py run.json

`perfvec gem5 run` writes run.json: the program, and every parameter of the machine under the name it has in a machine file
(docs/topics/machines.md). This script makes gem5 objects of them: one Arm core, O3 or Minor, with its level-1 caches, perhaps a level-2
cache, two crossbars and memory. It sets every parameter that gem5 has, and prints those that it has not.

Works with gem5 21.2 to 24.0: what differs is asked of the classes themselves (is there such a parameter?), never of a version number.
"""
import json
import math
import sys

import m5
import m5.objects as objects
from m5.objects.FuncUnit import OpClass
from m5.params import NULL, AddrRange

MEMORY_BYTES = 2 * 1024**3

OOO = {
    "fetchWidth": "fetch_width",
    "decodeWidth": "decode_width",
    "renameWidth": "rename_width",
    "dispatchWidth": "dispatch_width",
    "issueWidth": "issue_width",
    "wbWidth": "writeback_width",
    "commitWidth": "commit_width",
    "squashWidth": "squash_width",
    "fetchBufferSize": "fetch_buffer_bytes",
    "fetchQueueSize": "n_fetch_queue",
    "numROBEntries": "n_rob",
    "numIQEntries": "n_iq",
    "LQEntries": "n_lq",
    "SQEntries": "n_sq",
    "numPhysIntRegs": "n_phys_int",
    "numPhysFloatRegs": "n_phys_float",
    "numPhysVecRegs": "n_phys_vec",
    "numPhysVecPredRegs": "n_phys_pred",
    "numPhysCCRegs": "n_phys_cc",
    "fetchToDecodeDelay": "fetch_to_decode_cycles",
    "decodeToRenameDelay": "decode_to_rename_cycles",
    "renameToIEWDelay": "rename_to_issue_cycles",
    "renameToROBDelay": "rename_to_rob_cycles",
    "issueToExecuteDelay": "issue_to_execute_cycles",
    "iewToCommitDelay": "execute_to_commit_cycles",
    "decodeToFetchDelay": "decode_to_fetch_cycles",
    "commitToFetchDelay": "commit_to_fetch_cycles",
    "renameToDecodeDelay": "rename_to_decode_cycles",
    "iewToRenameDelay": "execute_to_rename_cycles",
    "commitToRenameDelay": "commit_to_rename_cycles",
    "commitToIEWDelay": "commit_to_execute_cycles",
    "trapLatency": "trap_latency_cycles",
    "cacheLoadPorts": "n_cache_load_ports",
    "cacheStorePorts": "n_cache_store_ports",
    "SSITSize": "n_ssit",
    "LFSTSize": "n_lfst",
    "store_set_clear_period": "store_set_clear_insns",
    "LSQDepCheckShift": "lsq_check_shift_bits",
}
OOO_FORWARD = ["fetch_to_decode", "decode_to_rename", "rename_to_issue", "rename_to_rob", "issue_to_execute", "execute_to_commit"]
OOO_BACKWARD = ["decode_to_fetch", "commit_to_fetch", "rename_to_decode", "execute_to_rename", "commit_to_rename", "commit_to_execute"]

INORDER = {
    "decodeInputWidth": "width",
    "executeInputWidth": "width",
    "fetch1FetchLimit": "n_fetch_lines",
    "executeIssueLimit": "issue_limit",
    "executeCommitLimit": "commit_limit",
    "executeMemoryIssueLimit": "memory_issue_limit",
    "executeMemoryCommitLimit": "memory_commit_limit",
    "fetch1ToFetch2ForwardDelay": "fetch1_to_fetch2_cycles",
    "fetch1ToFetch2BackwardDelay": "fetch2_to_fetch1_cycles",
    "fetch2ToDecodeForwardDelay": "fetch2_to_decode_cycles",
    "decodeToExecuteForwardDelay": "decode_to_execute_cycles",
    "executeBranchDelay": "branch_delay_cycles",
    "fetch2InputBufferSize": "n_fetch2_buffer",
    "decodeInputBufferSize": "n_decode_buffer",
    "executeInputBufferSize": "n_execute_buffer",
    "executeMaxAccessesInMemory": "n_outstanding",
    "executeLSQRequestsQueueSize": "n_memory_requests",
    "executeLSQTransfersQueueSize": "n_memory_transfers",
    "executeLSQStoreBufferSize": "n_store_buffer",
    "executeLSQMaxStoreBufferStoresPerCycle": "n_stores_per_cycle",
    "executeAllowEarlyMemoryIssue": "early_memory_issue",
}

POOLS = ["int_alu", "int_muldiv", "int_div", "fp_alu", "fp_muldiv", "simd", "pred", "read", "write", "read_write", "system"]

# Operation classes that newer gem5 has: they execute where this one does, as it does.
NEWER_CLASSES = {
    "SimdMatMultAcc": "SimdMultAcc",
    "SimdFloatMatMultAcc": "SimdFloatMultAcc",
    "Matrix": "SimdFloatMultAcc",
    "MatrixMov": "SimdAlu",
    "MatrixOP": "SimdFloatMultAcc",
    "SimdExt": "SimdAlu",
    "SimdFloatExt": "SimdFloatAlu",
    "SimdConfig": "SimdAlu",
    "SimdUnitStrideLoad": "MemRead",
    "SimdUnitStrideStore": "MemWrite",
    "SimdUnitStrideMaskLoad": "MemRead",
    "SimdUnitStrideMaskStore": "MemWrite",
    "SimdStridedLoad": "MemRead",
    "SimdStridedStore": "MemWrite",
    "SimdIndexedLoad": "MemRead",
    "SimdIndexedStore": "MemWrite",
    "SimdUnitStrideFaultOnlyFirstLoad": "MemRead",
    "SimdWholeRegisterLoad": "MemRead",
    "SimdWholeRegisterStore": "MemWrite",
    "SimdUnitStrideSegmentedLoad": "MemRead",
    "SimdUnitStrideSegmentedStore": "MemWrite",
}

PREDICTORS = {
    "local": "LocalBP",
    "tournament": "TournamentBP",
    "bimode": "BiModeBP",
    "gshare": "GshareBP",
    "tage": "TAGE",
    "ltage": "LTAGE",
    "tage_sc_l_8kb": "TAGE_SC_L_8KB",
    "tage_sc_l_64kb": "TAGE_SC_L_64KB",
    "mpp_8kb": "MultiperspectivePerceptron8KB",
    "mpp_64kb": "MultiperspectivePerceptron64KB",
    "mpp_tage_8kb": "MultiperspectivePerceptronTAGE8KB",
    "mpp_tage_64kb": "MultiperspectivePerceptronTAGE64KB",
}
PREDICTOR_TABLES = {
    "globalPredictorSize": "n_global",
    "globalCtrBits": "global_counter_bits",
    "choicePredictorSize": "n_choice",
    "choiceCtrBits": "choice_counter_bits",
    "localPredictorSize": "n_local",
    "localCtrBits": "local_counter_bits",
    "localHistoryTableSize": "n_local_history",
}
INDIRECT = {
    "indirectSets": "n_indirect_sets",
    "indirectWays": "n_indirect_ways",
    "indirectTagSize": "indirect_tag_bits",
    "indirectPathLength": "indirect_path_length",
    "indirectGHRBits": "indirect_history_bits",
}

CACHE = {
    "assoc": "assoc",
    "tag_latency": "tag_latency_cycles",
    "data_latency": "data_latency_cycles",
    "response_latency": "response_latency_cycles",
    "mshrs": "n_mshrs",
    "tgts_per_mshr": "n_targets_per_mshr",
    "write_buffers": "n_write_buffers",
    "writeback_clean": "writeback_clean",
}

DRAM_CLASSES = {"lpddr2_1066_1x32": "LPDDR2_S4_1066_1x32"}  # all others differ from ours by case only


class Machine:
    """The parameters of run.json; knows which of them were asked for."""

    def __init__(self, parameters):
        self.parameters = parameters
        self.used = set()
        self.notes = []

    def get(self, name):
        self.used.add(name)
        return self.parameters[name]

    def of_no_use(self, *names):
        """Parameters that change nothing with the values of others."""
        self.used.update(names)

    def note(self, text):
        """What gem5 does instead."""
        self.notes.append(text)

    def report(self):
        for text in self.notes:
            print("perfvec: " + text)
        left = [name for name in self.parameters if name not in self.used]
        idle = sorted({name.split(".")[1] for name in left if name.startswith("operations.")})
        if idle:
            print("perfvec: executed by no unit, which gem5 does in a cycle: " + ", ".join(idle))
        left = [name for name in left if not name.startswith("operations.")]
        if left:
            print("perfvec: this gem5 has no counterpart of: " + ", ".join(left))


def has(thing, name):
    """Whether a class or object has a parameter of that name."""
    return name in thing._params


def copy(machine, thing, group, names):
    """Parameters with a counterpart each; those that this gem5 lacks stay unused and are reported."""
    for theirs, ours in names.items():
        if has(thing, theirs):
            setattr(thing, theirs, machine.get(group + "." + ours))


def find_class(*names):
    for name in names:
        if hasattr(objects, name):
            return getattr(objects, name)
    sys.exit("perfvec: this gem5 has none of: " + ", ".join(names))


# ---- functional units


def pool_classes(machine, pool):
    """Operation classes of a pool, each with the one it is timed like: ours that gem5 has, then newer ones that follow one of these."""
    known = set(OpClass.vals)
    ours = machine.get("units.%s.ops" % pool).split()
    newer = [new for new, old in NEWER_CLASSES.items() if old in ours and new not in ours]
    return [(c, c) for c in ours if c in known] + [(c, NEWER_CLASSES[c]) for c in newer if c in known]


def latency(machine, op):
    return machine.get("operations.%s.latency_cycles" % op), machine.get("operations.%s.interval_cycles" % op)


def ooo_op(machine, name, like):
    cycles, interval = latency(machine, like)
    if interval not in (1, cycles):
        machine.note("operations.%s: a new operation every %d cycles; in gem5 the unit is busy for all %d" % (like, interval, cycles))
    return objects.OpDesc(opClass=name, opLat=cycles, pipelined=interval == 1)


def ooo_pool(machine):
    units = []
    for pool in POOLS:
        count = machine.get("units.%s.count" % pool)
        ops = [ooo_op(machine, name, like) for name, like in pool_classes(machine, pool)]
        if count and ops:
            units.append(objects.FUDesc(count=count, opList=ops))
    return objects.FUPool(FUList=units)


def inorder_timings(machine, classes):
    """When a unit wants its operands, and how long dependents think that memory takes."""
    group, extra = None, 0
    if "IntAlu" in classes:
        group = "int"
    elif "IntMult" in classes:
        group = "mul"
    elif any(c.startswith("Simd") or (c.startswith("Float") and "Mem" not in c) for c in classes):
        group = "simd"
    elif any(c.startswith("Mem") or c.startswith("FloatMem") for c in classes):
        group, extra = "memory", machine.get("inorder.memory_assumed_cycles")
    if group is None:
        return []
    slack = machine.get("inorder.%s_operand_slack_cycles" % group)
    return [objects.MinorFUTiming(srcRegsRelativeLats=[slack], extraAssumedLat=extra)]


def inorder_unit(machine, classes, cycles, interval):
    boxed = [objects.MinorOpClass(opClass=name) for name, _ in classes]
    return objects.MinorFU(
        opClasses=objects.MinorOpClassSet(opClasses=boxed),
        opLat=cycles,
        issueLat=interval,
        timings=inorder_timings(machine, [like for _, like in classes]),
    )


def inorder_pool(machine):
    units = []
    for pool in POOLS:
        count = machine.get("units.%s.count" % pool)
        groups = {}  # a unit of gem5's has one latency
        for name, like in pool_classes(machine, pool):
            groups.setdefault(latency(machine, like), []).append((name, like))
        if count and len(groups) > 1:
            machine.note("units.%s: its operations have %d latencies; gem5 gets a unit for each" % (pool, len(groups)))
        for _ in range(count):
            units += [inorder_unit(machine, classes, *times) for times, classes in groups.items()]
    return objects.MinorFUPool(funcUnits=units)


# ---- branch prediction


def set_target_buffers(machine, predictor):
    entries, tag, ras = (machine.get("branch." + name) for name in ("n_btb", "btb_tag_bits", "n_ras"))
    if has(predictor, "BTBEntries"):
        predictor.BTBEntries, predictor.BTBTagSize, predictor.RASSize = entries, tag, ras
    else:
        predictor.btb = objects.SimpleBTB(numEntries=entries, tagBits=tag)
        predictor.ras = objects.ReturnAddrStack(numEntries=ras)


def branch_predictor(machine):
    predictor = find_class(PREDICTORS[machine.get("branch.kind")])()
    copy(machine, predictor, "branch", PREDICTOR_TABLES)
    machine.of_no_use(*("branch." + name for name in PREDICTOR_TABLES.values()))  # other kinds' tables
    set_target_buffers(machine, predictor)
    predictor.instShiftAmt = machine.get("branch.inst_shift_bits")
    if machine.get("branch.has_indirect"):
        predictor.indirectBranchPred = objects.SimpleIndirectPredictor()
        copy(machine, predictor.indirectBranchPred, "branch", INDIRECT)
    else:
        predictor.indirectBranchPred = NULL
        machine.of_no_use(*("branch." + name for name in INDIRECT.values()))
    return predictor


# ---- core


def time_buffers(machine, cpu):
    """gem5's stage-to-stage buffers bound delays, and how many results a narrow write-back may put off."""
    delay = lambda names: max(machine.get("ooo.%s_cycles" % name) for name in names)
    width = machine.get("ooo.writeback_width")
    results = sum(machine.get("units.%s.count" % pool) for pool in POOLS)
    waiting = max(results, machine.get("l1d.n_targets_per_mshr"))
    behind = 0 if width >= 4 else 2 + math.ceil(waiting / width)
    cpu.forwardComSize = max(5, delay(OOO_FORWARD) + 1, behind)
    cpu.backComSize = max(5, delay(OOO_BACKWARD) + 1)


def make_cpu(machine, clk_domain):
    if machine.get("core.kind") == "ooo":
        cpu = find_class("ArmO3CPU", "O3CPU", "DerivO3CPU")(cpu_id=0, clk_domain=clk_domain)
        copy(machine, cpu, "ooo", OOO)
        cpu.fuPool = ooo_pool(machine)
        time_buffers(machine, cpu)
    else:
        cpu = find_class("ArmMinorCPU", "MinorCPU")(cpu_id=0, clk_domain=clk_domain)
        copy(machine, cpu, "inorder", INORDER)
        line = machine.get("inorder.line_bytes")
        cpu.fetch1LineSnapWidth = cpu.fetch1LineWidth = 0 if line == 64 else line  # 0: a cache line
        cpu.executeFuncUnits = inorder_pool(machine)
    cpu.branchPred = branch_predictor(machine)
    return cpu


def drop_sve(cpu):
    """PerfVec's in-order trace leaves out parts of SVE instructions: a guest without SVE does not execute them."""
    for isa in cpu.isa:
        if has(isa, "release_se"):
            release = objects.ArmDefaultSERelease()
            names = [getattr(e, "value", e) for e in release.extensions]
            release.extensions = [name for name in names if "SVE" not in name and "SME" not in name]
            isa.release_se = release


# ---- caches, crossbars, memory


def make_cache(machine, group, read_only=False):
    cache = objects.Cache(is_read_only=read_only)
    copy(machine, cache, group, CACHE)
    cache.size = "%dB" % machine.get(group + ".size_bytes")
    if group + ".inclusion" in machine.parameters:
        cache.clusivity = {"mostly_inclusive": "mostly_incl", "mostly_exclusive": "mostly_excl"}[machine.get(group + ".inclusion")]
    cache.replacement_policy = {"lru": objects.LRURP, "random": objects.RandomRP}[machine.get(group + ".replacement")]()
    kind = machine.get(group + ".prefetcher")
    if kind != "none":
        on_access = machine.get(group + ".prefetch_on_access")
        cache.prefetcher = {"stride": objects.StridePrefetcher, "next_line": objects.TaggedPrefetcher}[kind](
            degree=machine.get(group + ".prefetch_degree"), queue_size=machine.get(group + ".n_prefetch_queue"))
        cache.prefetcher.on_inst = read_only
        for thing in (cache, cache.prefetcher):  # it moved from the one to the other
            if has(thing, "prefetch_on_access"):
                thing.prefetch_on_access = on_access
    else:
        machine.of_no_use(*(group + "." + name for name in ("prefetch_degree", "prefetch_on_access", "n_prefetch_queue")))
    return cache


def make_memory_bus(machine):
    return objects.SystemXBar(
        width=machine.get("bus.memory_width_bytes"),
        frontend_latency=machine.get("bus.memory_frontend_cycles"),
        forward_latency=machine.get("bus.memory_forward_cycles"),
        response_latency=machine.get("bus.memory_response_cycles"),
        snoop_filter=objects.SnoopFilter(lookup_latency=machine.get("bus.memory_snoop_cycles")),
    )


def make_cache_bus(machine, clk_domain):
    return objects.L2XBar(
        clk_domain=clk_domain,
        width=machine.get("bus.l2_width_bytes"),
        frontend_latency=machine.get("bus.l2_frontend_cycles"),
        forward_latency=machine.get("bus.l2_forward_cycles"),
        response_latency=machine.get("bus.l2_response_cycles"),
    )


def connect_caches(machine, cluster, system):
    cpu = cluster.cpus[0]
    cpu.addPrivateSplitL1Caches(make_cache(machine, "l1i", read_only=True), make_cache(machine, "l1d"))
    if not machine.get("tlb.present"):  # gem5 translates in no time when it emulates system calls
        machine.of_no_use(*(name for name in machine.parameters if name.startswith("tlb.")))
    above, present = cpu.connectCachedPorts, [level for level in ("l2", "l3") if machine.get(level + ".present")]
    for level in ("l2", "l3"):
        if level not in present:
            machine.of_no_use(*(name for name in machine.parameters if name.startswith(level + ".")))
            continue
        bus, cache = make_cache_bus(machine, cluster.clk_domain), make_cache(machine, level)
        setattr(cluster, "to%sBus" % level.upper(), bus)
        setattr(cluster, level, cache)
        above(bus.cpu_side_ports)
        bus.mem_side_ports = cache.cpu_side
        above = lambda port, cache=cache: setattr(cache, "mem_side", port)
    if not present:
        machine.of_no_use(*(name for name in machine.parameters if name.startswith("bus.l2_")))
    above(system.membus.cpu_side_ports)


def dram_class(name):
    if name in DRAM_CLASSES:
        return find_class(DRAM_CLASSES[name])
    for theirs in dir(objects):
        if theirs.lower() == name:
            return getattr(objects, theirs)
    sys.exit("perfvec: this gem5 has no memory '%s'" % name)


def make_memory(machine, system):
    """Channels interleave at a fixed number of bytes: the address bits just above them name the channel."""
    interface = dram_class(machine.get("memory.type"))
    channels, step = machine.get("memory.n_channels"), machine.get("memory.interleave_bytes")
    bits = channels.bit_length() - 1
    controllers = []
    for i in range(channels):
        dram = interface()
        dram.range = AddrRange(
            0, size=MEMORY_BYTES, intlvHighBit=step.bit_length() - 1 + bits - 1, xorHighBit=0, intlvBits=bits, intlvMatch=i)
        controller = dram.controller()
        controller.static_frontend_latency = "%dps" % machine.get("memory.frontend_latency_ps")
        controller.static_backend_latency = "%dps" % machine.get("memory.backend_latency_ps")
        controller.port = system.membus.mem_side_ports
        controllers.append(controller)
    system.mem_ctrls = controllers


# ---- all together


def make_system(run, machine):
    system = objects.System(cache_line_size=64, mem_mode="timing", mem_ranges=[AddrRange(0, size=MEMORY_BYTES)])
    system.voltage_domain = objects.VoltageDomain(voltage="3.3V")
    system.clk_domain = objects.SrcClockDomain(
        clock="%dps" % machine.get("bus.memory_period_ps"), voltage_domain=system.voltage_domain)
    system.membus = make_memory_bus(machine)
    system.system_port = system.membus.cpu_side_ports
    system.cpu_cluster = cluster = objects.SubSystem()
    cluster.voltage_domain = objects.VoltageDomain(voltage="1.2V")
    cluster.clk_domain = objects.SrcClockDomain(
        clock="%dps" % machine.get("core.period_ps"), voltage_domain=cluster.voltage_domain)
    cpu = make_cpu(machine, cluster.clk_domain)
    cluster.cpus = [cpu]
    cpu.createThreads()
    cpu.createInterruptController()
    drop_sve(cpu)
    connect_caches(machine, cluster, system)
    make_memory(machine, system)
    system.workload = objects.SEWorkload.init_compatible(run["executable"])
    cpu.workload = objects.Process(
        pid=100, cwd=run["cwd"], executable=run["executable"], cmd=run["command"], env=run["environment"], input=run["input"])
    if run["max_insns"]:
        cpu.max_insts_any_thread = run["max_insns"]
    return system


def main():
    with open(sys.argv[1], encoding="utf-8", errors="surrogateescape") as f:
        run = json.load(f)
    machine = Machine(run["parameters"])
    root = objects.Root(full_system=False)
    root.system = make_system(run, machine)
    machine.report()
    sys.stdout.flush()
    with open("op_classes.txt", "w") as f:  # how this gem5 numbers them in its trace
        f.write("\n".join(OpClass.vals) + "\n")
    m5.instantiate()
    event = m5.simulate()
    print("perfvec: machine '%s' ended: %s, status %d, tick %d" % (run["machine"], event.getCause(), event.getCode(), m5.curTick()))
    # The program's own exit status is not gem5's: a program that ends with 1 has a whole trace.


if __name__ == "__m5_main__":
    main()
