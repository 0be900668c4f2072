#!/usr/bin/env python3
"""Models there and back: PyTorch checkpoints of every kind of model -> perfvec import-pt -> vectors, and the weights back in PyTorch.

exchange.py PERFVEC DATASET EXPORT. The models are those of tests/golden/dump_states.py, put together from torch.nn. Each is saved as PerfVec
saves it, with the prefixes that compiled and distributed models leave, imported, and run by `perfvec represent` over a dataset; the same
windows are cut from the exported features here, and PyTorch's representations of them added up. Then the model file's tensors are
loaded into a new PyTorch model, as docs/formats/pytorch.md says.
"""
import json
import os
import struct
import subprocess
import sys

import numpy as np
import torch

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "golden"))
import dump_states as states

PREFIXES = ("", "module.", "_orig_mod.", "_orig_mod.module.")


def tensors(path):
    """docs/formats/pytorch.md without the safetensors package."""
    data = open(path, "rb").read()
    n = struct.unpack("<Q", data[:8])[0]
    head = json.loads(data[8:8 + n])
    metadata = head.pop("__metadata__")
    return metadata, {k: torch.tensor(np.frombuffer(data[8 + n + v["data_offsets"][0]:8 + n + v["data_offsets"][1]], "<f4")
                                      .reshape(v["shape"]).copy()) for k, v in head.items()}


def vector(model, plain, mean, std):
    """Sum of the representations of a program: a window for each row, zeros before the first."""
    x = torch.tensor((plain - mean) / np.where(std == 0, 1, std).astype(np.float32))
    padded = torch.cat((torch.zeros(states.T - 1, states.F), x))
    windows = padded.unfold(0, states.T, 1).transpose(1, 2)
    with torch.no_grad():
        r = model.represent(windows)
    return (r[:, -1] if r.dim() == 3 else r).double().sum(0).numpy()


def check(number, expression, build, perfvec, dataset, export):
    torch.manual_seed(number)
    model = build().eval()
    tables = getattr(model, "embed_model", model)
    own = hasattr(tables, "mean")
    if own: # all that a synthetic dataset can look up is in the tables; windows before the program's first row look up the means
        with torch.no_grad():
            tables.mean.zero_()
            tables.std.fill_(1)
    prefix = PREFIXES[number % len(PREFIXES)]
    state = {prefix + k: v for k, v in model.state_dict().items()}
    optimizer = torch.optim.Adam([p for p in model.parameters() if p.requires_grad])
    torch.save({"name": expression, "epoch": number, "best_loss": 0.5, "optimizer_state_dict": optimizer.state_dict(),
                "model_state_dict": state}, "m.pt")
    subprocess.run([perfvec, "import-pt", "m.pt", "-o", "m.safetensors", "-q", "--window", str(states.T)] +
                   ([] if own else ["--cfg", dataset]), check=True)
    subprocess.run([perfvec, "represent", dataset, "--model", "m.safetensors", "-o", "v.npy", "-q"], check=True)
    metadata, back = tensors("m.safetensors")
    mean, std = back.pop("features.mean").numpy(), back.pop("features.std").numpy()
    worst = 0
    for is_, name in zip(np.load("v.npy"), sorted(f[:-8] for f in os.listdir(export) if f.endswith(".in.mmap"))):
        plain = np.fromfile(f"{export}/{name}.in.mmap", np.float32).reshape(-1, states.F)
        expected = vector(model, plain, mean, std)
        worst = max(worst, np.abs(is_ - expected).max() / np.abs(expected).max())
    again = build()
    if "uarch_paras" in back:  # linear.weight, which PerfVec does not use, holds the machines' rows
        with torch.no_grad():
            assert torch.allclose(back["linear.weight"], model.uarch_net(model.uarch_paras), rtol=1e-5, atol=1e-6)
        back["linear.weight"] = model.state_dict()["linear.weight"]
    again.load_state_dict(back)
    same = all(torch.equal(v, model.state_dict()[k]) for k, v in again.state_dict().items())
    print(f"{'ok ' if worst < 1e-4 and same else 'OFF'} {expression}: vectors differ by {worst:.1e}, weights came back "
          f"{'the same' if same else 'others'} ({metadata['model']}, prefix '{prefix}')")
    return worst < 1e-4 and same


def main():
    perfvec, dataset, export = sys.argv[1:]
    torch.set_num_threads(1)
    done = [check(i, s[0], s[3], perfvec, dataset, export) for i, s in enumerate(states.STATES) if not s[0].startswith("Predictor")]
    sys.exit(not all(done) or len(done) < 10)


if __name__ == "__main__":
    main()
