#!/usr/bin/env python3
"""gem5.py SCRIPT ARGS... - run a configuration script as gem5 would, on the stand-in for gem5's Python side"""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True
sys.argv = sys.argv[1:]
with open(sys.argv[0]) as f:
    exec(compile(f.read(), sys.argv[0], "exec"), {"__name__": "__m5_main__", "__file__": sys.argv[0]})
