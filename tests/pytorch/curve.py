#!/usr/bin/env python3
"""Trains an InsLSTM in PyTorch on what `perfvec train --mode window` trains on, and compares the losses step by step.

curve.py DATASET EXPORT PLAN LOG [--layers N] [--hidden N] [--lr X] [--clip X] [--tolerance X] [--table]

PLAN has the initial weights and the order of the windows (build/tests/unit/u_model_windows DATASET ...); EXPORT is what
`perfvec dataset export --format perfvec` wrote: normalised features and all targets, as PerfVec's own programs read them. LOG is what
`perfvec train --log` wrote. Everything between is PyTorch's: windows cut and padded here, torch.nn.LSTM, torch.optim.Adam.
"""
import argparse
import json
import re
import struct
import sys

import numpy as np
import torch
from torch import nn


def tensors(path):
    data = open(path, "rb").read()
    n = struct.unpack("<Q", data[:8])[0]
    kinds = {"F32": "<f4", "F64": "<f8"}
    return {k: np.frombuffer(data[8 + n + v["data_offsets"][0]:8 + n + v["data_offsets"][1]], kinds[v["dtype"]]).reshape(v["shape"])
            for k, v in json.loads(data[8:8 + n]).items() if k != "__metadata__"}


def manifest(folder):
    """Window length, programs, and the seen machines' columns."""
    text = open(folder + "/dataset.yaml").read()
    machines, programs = text[text.index("\nmachines:"):].split("\nprograms:")
    seen = [m == "true" for m in re.findall(r"^    seen: (\w+)", machines, re.M)]
    names = [n.strip('"') for n in re.findall(r"^  - name: (.*)", programs, re.M)]
    return int(re.search(r"^seq_length: (\d+)", text, re.M).group(1)), names, [k for k, s in enumerate(seen) if s], len(seen)


class Network(nn.Module):
    def __init__(self, hidden, layers, machines):
        super().__init__()
        self.lstm = nn.LSTM(51, hidden, layers, batch_first=True)
        self.linear = nn.Linear(hidden, machines, bias=False)

    def forward(self, x):
        return self.linear(self.lstm(x)[0][:, -1].relu())


def main():
    p = argparse.ArgumentParser()
    for name in ("dataset", "export", "plan", "log"):
        p.add_argument(name)
    p.add_argument("--hidden", type=int, default=16)
    p.add_argument("--layers", type=int, default=2)
    p.add_argument("--lr", type=float, default=0.003)
    p.add_argument("--clip", type=float, default=0)
    p.add_argument("--tolerance", type=float, default=1e-3)
    p.add_argument("--table", action="store_true", help="print every tenth step")
    a = p.parse_args()
    torch.set_num_threads(1)
    T, names, columns, K = manifest(a.dataset)
    x = [np.memmap(f"{a.export}/{n}.in.nmmap", np.float32, "r").reshape(-1, 51) for n in names]
    y = [np.memmap(f"{a.export}/{n}.out.mmap", np.uint16, "r").reshape(-1, K, 16)[:, :, 2] for n in names]
    state = {k: torch.tensor(v) for k, v in tensors(a.plan).items()}
    plan = state.pop("plan").long().tolist()
    ours = [line["loss"] for line in map(json.loads, open(a.log)) if "step" in line][:len(plan)]
    model = Network(a.hidden, a.layers, len(columns))
    model.load_state_dict(state)
    adam = torch.optim.Adam(model.parameters(), lr=a.lr)
    worst, first, largest = 0, None, 0
    for step, windows in enumerate(plan):
        windows = [w for w in windows if w[0] >= 0]
        data = torch.zeros(len(windows), T, 51)
        for i, (program, row) in enumerate(windows):
            rows = x[program][max(0, row + 1 - T):row + 1]
            data[i, T - len(rows):] = torch.tensor(np.array(rows))
        target = torch.tensor(np.array([y[program][row][columns] for program, row in windows], np.float32))
        loss = nn.functional.mse_loss(model(data), target)
        adam.zero_grad()
        loss.backward()
        if a.clip:
            nn.utils.clip_grad_norm_(model.parameters(), a.clip)
        adam.step()
        off = abs(ours[step] / loss.item() - 1)
        worst, largest = max(worst, off), max(largest, loss.item())
        first = loss.item() if first is None else first
        if a.table and (step % 10 == 9 or step == 0):
            print(f"{step + 1:4d}  {loss.item():12.6g}  {ours[step]:12.6g}  {off:.1e}")
    print(f"{len(plan)} steps: loss {first:.6g} to {loss.item():.6g}, largest relative difference {worst:.1e}")
    sys.exit(worst > a.tolerance or len(ours) < len(plan))


if __name__ == "__main__":
    main()
