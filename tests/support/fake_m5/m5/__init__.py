"""A stand-in for gem5's Python side, for tests of gem5/perfvec_se.py.

Records what a configuration script makes, and refuses what gem5 would refuse: classes and parameters that it does not have, by the tables
v21.json and v24.json (class -> parameters with gem5's defaults, and ports). FAKE_M5 names the table. m5.simulate() writes all objects, with
defaults where nothing was set, to the file that FAKE_M5_OUT names.
"""
import json
import os
import sys

from . import params
from . import objects

_tick = 123456


class _Event:
    def getCause(self):
        return "exiting with last active thread context"

    def getCode(self):
        return 0


def instantiate():
    if objects.root is None:
        sys.exit("fatal: no root")
    for thing in objects.everything:
        thing.check()


def simulate():
    with open(os.environ["FAKE_M5_OUT"], "w") as f:
        json.dump(objects.root.dump(), f, indent=1)
    return _Event()


def curTick():
    return _tick
