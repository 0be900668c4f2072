"""Simulation objects: one class for each of the table, that knows its parameters and ports."""
import json
import os

from ..params import NULL, AddrRange

_table = json.load(open(os.environ["FAKE_M5"]))
everything = []
root = None


class Port:
    def __init__(self, owner, name):
        self.owner, self.name = owner, name


class SimObject:
    _params = {}
    _ports = ()

    def __init__(self, **values):
        global root
        object.__setattr__(self, "_values", {})
        object.__setattr__(self, "_children", {})
        object.__setattr__(self, "_connected", {})
        everything.append(self)
        if type(self).__name__ == "Root":
            root = self
        for name, value in values.items():
            setattr(self, name, value)

    def __setattr__(self, name, value):
        if name in self._ports:
            self._connected.setdefault(name, []).append(value)
        elif name in self._params:
            self._values[name] = value
        elif name.startswith("_"):
            object.__setattr__(self, name, value)
        elif isinstance(value, SimObject) or (isinstance(value, list) and value and all(isinstance(v, SimObject) for v in value)):
            self._children[name] = value
        else:
            raise AttributeError("Class %s has no parameter %s" % (type(self).__name__, name))

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        for store in (self._values, self._children):
            if name in store:
                return store[name]
        if name in self._ports:
            return Port(self, name)
        if name in self._params:
            return self._params[name]
        raise AttributeError("object '%s' has no attribute '%s'" % (type(self).__name__, name))

    def check(self):
        for name, value in self._values.items():
            if isinstance(value, SimObject) and name == "clk_domain" and type(value).__name__ != "SrcClockDomain":
                raise TypeError("clk_domain is a %s" % type(value).__name__)

    def dump(self):
        out = {"type": type(self).__name__}
        for name, value in {**self._params, **self._values, **self._children}.items():
            out[name] = _plain(value)
        out["connected"] = sorted(self._connected)
        return out


def _plain(value):
    if isinstance(value, SimObject):
        return value.dump() if type(value).__name__ != "SrcClockDomain" else {"clock": value._values.get("clock")}
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in value]
    if isinstance(value, AddrRange):
        return value.text
    if value is NULL:
        return None
    return value


class _Cpu(SimObject):
    """Methods of BaseCPU; the walkers' ports are as Arm has them."""

    def createThreads(self):
        self.isa = [ArmISA()]

    def createInterruptController(self):
        self.interrupts = [ArmInterrupts()]

    def addPrivateSplitL1Caches(self, ic, dc):
        self.icache, self.dcache = ic, dc
        self.icache_port, self.dcache_port = ic.cpu_side, dc.cpu_side

    def connectCachedPorts(self, port):
        assert isinstance(port, Port)
        self.icache.mem_side = self.dcache.mem_side = port


class _Dram(SimObject):
    def controller(self):
        controller = MemCtrl()
        controller.dram = self
        return controller


class _Workload(SimObject):
    @classmethod
    def init_compatible(cls, path):
        return cls()


def _base(name, params):
    if name.endswith("CPU"):
        return _Cpu
    return _Dram if "addr_mapping" in params else SimObject


for _name, _class in _table["classes"].items():
    globals()[_name] = type(_name, (_base(_name, _class["params"]),), {"_params": _class["params"], "_ports": tuple(_class["ports"])})

OpClass = type("OpClass", (), {"vals": _table["op_classes"]})
ArmInterrupts = type("ArmInterrupts", (SimObject,), {})
ArmDefaultSERelease = type("ArmDefaultSERelease", (SimObject,), {"_params": {"extensions": ["CRYPTO", "FEAT_LSE", "FEAT_RDM", "FEAT_SVE"]}})
ArmISA = type("ArmISA", (SimObject,), {"_params": {"release_se": "<ArmDefaultSERelease>"}})
SEWorkload = type("SEWorkload", (_Workload,), {})
