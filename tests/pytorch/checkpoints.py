#!/usr/bin/env python3
"""Writes the small PyTorch checkpoints that tests/cli/import-pt imports: checkpoints.py FOLDER"""
import os
import sys

import torch

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "golden"))
import dump_states as states

MODELS = {
    "seq": ("SeqLSTM(4,1,narchs=3,gru=True,bias=False)", "_orig_mod.module.", lambda: states.Recurrent(4, 1, gru=True, bias=False, last=False)),
    "embed": ("InsEmModel(InsEm(cfg,nop=2),InsLSTM(4,1,narchs=3,bias=False))", "module.",
              lambda: states.Behind({"nop": 2}, lambda width: states.Recurrent(4, 1, bias=False, features=width))),
    "mlp": ("MLP(cfg,1,3,narchs=3)", "", lambda: states.Dense(3)),
    "dse": ("InsLSTMDSE(4,1,bias=False)", "", lambda: states.Described(4, 1)),
}

states.T = 8
for i, (name, (expression, prefix, build)) in enumerate(MODELS.items()):
    torch.manual_seed(300 + i)
    state = {prefix + k: v for k, v in build().state_dict().items()}
    torch.save({"name": expression, "epoch": 10 + i, "best_loss": 0.5, "model_state_dict": state}, f"{sys.argv[1]}/{name}.pt")
