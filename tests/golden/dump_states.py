#!/usr/bin/env python3
"""Writes more states for build/tests/oracle, computed by PyTorch: dump_states.py FOLDER (needs PyTorch 1.13 or later).

Models are put together from torch.nn here, from what docs/topics/your-own-model.md says of them: a second opinion, not a copy of ours.
Each file holds one batch, the parameters before it, what comes out, every gradient, and the parameters after three steps of the optimizer.
"""
import json
import math
import struct
import sys

import torch
from torch import nn

T, F, K, B = 20, 51, 3, 4


class Recurrent(nn.Module):
    def __init__(self, hidden, layers, nembed=0, gru=False, bi=False, norm=False, bias=True, last=True, features=F):
        super().__init__()
        if nembed:
            self.inst_embed = nn.Linear(features, nembed)
        width = nembed or features
        if norm:
            self.inst_norm = nn.LayerNorm([T, width])
        self.lstm = (nn.GRU if gru else nn.LSTM)(width, hidden, layers, batch_first=True, bidirectional=bi)
        self.linear = nn.Linear(2 * hidden if bi else hidden, K, bias=bias)
        self.last = last

    def represent(self, x):
        for name in ("inst_embed", "inst_norm"):
            x = getattr(self, name, nn.Identity())(x)
        x = self.lstm(x)[0].relu()
        return x[:, -1] if self.last else x


class Described(Recurrent):
    MACHINES = [(1, 1), (1, 2), (1, 3), (6, 4), (6, 5), (6, 6), (3, 3), (3, 4), (3, 2),
                (4, 3), (4, 4), (4, 2), (5, 3), (5, 4), (5, 5), (2, 3), (2, 4), (2, 2)]

    def __init__(self, hidden, layers):
        super().__init__(hidden, layers, bias=False)
        self.linear = nn.Linear(hidden, 1, bias=False)
        self.uarch_net = nn.Sequential(nn.Linear(2, 16), nn.ReLU(), nn.Linear(16, hidden))
        self.uarch_paras = nn.Parameter(torch.tensor(self.MACHINES, dtype=torch.float), requires_grad=False)

    def output(self, representation):
        return representation @ self.uarch_net(self.uarch_paras).T


class Embeddings(nn.Module):
    BITS = {"mem": ((0, 1), (2, 1), (3, 1), (11, 2), (12, 1), (13, 1), (19, 1)),
            "ctrl": tuple((f, 1) for f in (4, 5, 6, 7, 8, 9, 10, 14, 15))}

    def __init__(self, nop=1, nmem=0, nctrl=0, nr=0, registers=1040):
        super().__init__()
        self.mean = nn.Parameter(torch.arange(F) * 0.01, requires_grad=False)
        self.std = nn.Parameter(1 + torch.arange(F) * 0.125, requires_grad=False)
        self.used = {1}
        self.op_embed = nn.Embedding(50, nop)
        if nmem:
            self.mem_embed = nn.Embedding(256, nmem)
            self.used |= {f for f, _ in self.BITS["mem"]}
        if nctrl:
            self.ctrl_embed = nn.Embedding(512, nctrl)
            self.used |= {f for f, _ in self.BITS["ctrl"]}
        if nr:
            self.reg_embed = nn.Embedding(registers, nr)
            self.used |= set(range(23, F))
        self.width = nop + nmem + nctrl + 14 * nr + F - len(self.used)

    def forward(self, x):
        raw = (x * self.std + self.mean).round().long()
        parts = [self.op_embed(raw[..., 1])]
        for name, bits in self.BITS.items():
            if hasattr(self, name + "_embed"):
                index = torch.zeros_like(raw[..., 0])
                for feature, n in bits:
                    index = index * 2 ** n + raw[..., feature]
                parts.append(getattr(self, name + "_embed")(index))
        if hasattr(self, "reg_embed"):
            parts.append(self.reg_embed(50 * raw[..., 23::2] + raw[..., 24::2]).flatten(2))
        parts.append(x[..., [f for f in range(F) if f not in self.used]])
        return torch.cat(parts, -1)


class Embedded(Recurrent, Embeddings):
    """Tables and recurrence in one module: their tensors have no prefix."""

    def __init__(self, hidden, layers, gru, bi, last, tables):
        Embeddings.__init__(self, **tables, registers=1024)
        self.lstm = (nn.GRU if gru else nn.LSTM)(self.width, hidden, layers, batch_first=True, bidirectional=bi)
        self.linear = nn.Linear(2 * hidden if bi else hidden, K, bias=False)
        self.last = last

    def represent(self, x):
        return Recurrent.represent(self, Embeddings.forward(self, x))


class Behind(nn.Module):
    def __init__(self, tables, main):
        super().__init__()
        self.embed_model = Embeddings(**tables)
        self.main_model = main(self.embed_model.width)

    def represent(self, x):
        return self.main_model.represent(self.embed_model(x))

    def output(self, representation):
        return self.main_model.linear(representation)


class Positions(nn.Module):
    def __init__(self, width):
        super().__init__()
        even = width + width % 2
        angles = torch.arange(T)[:, None] * torch.exp(torch.arange(0, even, 2) * (-math.log(1e4) / even))
        self.register_buffer("pe", torch.stack((angles.sin(), angles.cos()), -1).flatten(1)[None, :, :width].contiguous())


class Transformer(nn.Module):
    def __init__(self, heads, hidden, layers, nembed=0, features=F):
        super().__init__()
        if nembed:
            self.inst_embed = nn.Linear(features, nembed)
        width = nembed or features
        self.pos_encoder = Positions(width)
        layer = nn.TransformerEncoderLayer(width, heads, hidden, dropout=0.0, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, layers)
        self.linear = nn.Linear(width, K)

    def represent(self, x):
        x = getattr(self, "inst_embed", nn.Identity())(x)
        return self.encoder(x + self.pos_encoder.pe)[:, -1]


class Dense(nn.Module):
    def __init__(self, *sizes):
        super().__init__()
        self.fc = nn.ModuleList(nn.Linear(a, b) for a, b in zip((T * F,) + sizes, sizes))
        self.linear = nn.Linear(sizes[-1], K, bias=False)

    def represent(self, x):
        x = x.flatten(1)
        for layer in self.fc:
            x = layer(x).relu()
        return x


class Convolution(nn.Module):
    def __init__(self, h, *layers):
        super().__init__()
        n, channels = T, F
        self.conv = nn.ModuleList()
        for kernel, out, stride, padding in layers:
            self.conv.append(nn.Conv1d(channels, out, kernel, stride, padding))
            n, channels = (n + 2 * padding - kernel) // stride + 1, out
        self.fc1 = nn.Linear(n * channels, h)
        self.linear = nn.Linear(h, K, bias=False)

    def represent(self, x):
        x = x.transpose(1, 2)
        for layer in self.conv:
            x = layer(x).relu()
        return self.fc1(x.flatten(1)).relu()


class Shifted(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(F, K, bias=False)
        self.gb = nn.Parameter(torch.randn(1))

    def output(self, x):
        return self.linear(x) + self.gb


class Block(nn.Module):
    def __init__(self, rows, inner, outer, kernel, stride, expand, squeezed, skip):
        super().__init__()
        wide, self.skip = inner * expand, skip
        if expand > 1:
            self._expand_conv, self._bn0 = nn.Conv1d(inner, wide, 1, bias=False), norm(wide)
        self.padding = kernel - 1 if stride == 1 else (-(-(rows - kernel) // stride)) * stride + kernel - rows
        self._depthwise_conv, self._bn1 = nn.Conv1d(wide, wide, kernel, stride, groups=wide, bias=False), norm(wide)
        if squeezed:
            self._se_reduce, self._se_expand = nn.Conv1d(wide, squeezed, 1), nn.Conv1d(squeezed, wide, 1)
        self._project_conv, self._bn2 = nn.Conv1d(wide, outer, 1, bias=False), norm(outer)

    def forward(self, x):
        y = nn.functional.silu(self._bn0(self._expand_conv(x))) if hasattr(self, "_expand_conv") else x
        y = nn.functional.silu(self._bn1(self._depthwise_conv(nn.functional.pad(y, (0, self.padding)))))
        if hasattr(self, "_se_reduce"):
            y = y * self._se_expand(nn.functional.silu(self._se_reduce(y.mean(2, keepdim=True)))).sigmoid()
        y = self._bn2(self._project_conv(y))
        return x + y if self.skip else y


def norm(columns):
    return nn.BatchNorm1d(columns, momentum=0.01, eps=1e-3)


class Efficient(nn.Module):
    """Blocks are (rows, columns in, out, kernel, stride, expansion, squeezed, skip), counted by hand from the expression."""

    def __init__(self, stem, head, blocks, relu, trained):
        super().__init__()
        self._conv_stem, self._bn0 = nn.Conv1d(F, stem, 1, bias=False), norm(stem)
        self._blocks = nn.ModuleList(Block(*b) for b in blocks)
        self._conv_head, self._bn1 = nn.Conv1d(blocks[-1][2], head, 1, bias=False), norm(head)
        self.linear, self.relu = nn.Linear(head, K, bias=not relu), relu
        if not trained:  # running moments that are those of some data
            for _ in range(300):
                self.represent(torch.randn(B, T, F))
            self.eval()

    def represent(self, x):
        x = nn.functional.silu(self._bn0(self._conv_stem(x.transpose(1, 2))))
        for block in self._blocks:
            x = block(x)
        x = nn.functional.silu(self._bn1(self._conv_head(x))).mean(2)
        return x.relu() if self.relu else x


LOSSES = {
    "MSE": lambda o, t: ((o - t) ** 2).mean(),
    "L1": lambda o, t: (o - t).abs().mean(),
    "NMSE": lambda o, t: (((o - t) / (t + 1)) ** 2).mean(),
    "NL1": lambda o, t: ((o - t) / (t + 1)).abs().mean(),
    "RMSE": lambda o, t: ((o - t) ** 2).mean().sqrt(),
}

ADAM = "Adam lr=1e-3 betas=(0.9,0.999) eps=1e-8"
ADAMW = "AdamW lr=2e-3 betas=(0.8,0.99) eps=1e-7 weight_decay=5e-2, clip_grad_norm 0.25"

EFFICIENT = [(20, 16, 16, 3, 1, 2, 4, False), (20, 16, 16, 3, 1, 2, 4, True), (20, 16, 16, 2, 2, 1, 0, False),
             (10, 16, 24, 5, 2, 3, 1, False), (5, 24, 24, 5, 1, 3, 2, False)]

STATES = [
    ("SeqLSTM(12,2,narchs=3,nembed=8,gru=True,bi=True,norm=True)", "NMSE", ADAM,
     lambda: Recurrent(12, 2, 8, gru=True, bi=True, norm=True, last=False)),
    ("InsLSTM(9,3,3,0,False,True,True,True)", "NL1", ADAMW, lambda: Recurrent(9, 3, bi=True, norm=True)),
    ("InsLSTMDSE(10,2,bias=False)", "MSE", ADAM, lambda: Described(10, 2)),
    ("InsEmLSTM(8,1,narchs=3,nop=4,nmem=3,nctrl=2,nr=2,bias=False)", "RMSE", ADAM,
     lambda: Embedded(8, 1, False, False, True, dict(nop=4, nmem=3, nctrl=2, nr=2))),
    ("SeqEmLSTM(8,2,3,2,0,3,0,True,True,False)", "MSE", ADAM, lambda: Embedded(8, 2, True, True, False, dict(nop=2, nctrl=3))),
    ("InsEmModel(InsEm(cfg,nop=3,nmem=2),TransformerModel(2,24,1,narchs=3,nembed=16,dropout=0.0))", "MSE", ADAM,
     lambda: Behind(dict(nop=3, nmem=2), lambda width: Transformer(2, 24, 1, 16, width))),
    ("InsEmModel(InsEm(cfg,nr=3),SeqLSTM(8,1,narchs=3,gru=True))", "L1", ADAMW,
     lambda: Behind(dict(nr=3), lambda width: Recurrent(8, 1, gru=True, last=False, features=width))),
    ("TransformerModel(3,40,2,narchs=3,dropout=0.0)", "RMSE", ADAMW, lambda: Transformer(3, 40, 2)),
    ("MLP(cfg,1,20,narchs=3)", "MSE", ADAM, lambda: Dense(20)),
    ("CNN(cfg,3,14,4,6,2,0,1,9,1,0,5,7,3,4,narchs=3)", "L1", ADAM,
     lambda: Convolution(14, (4, 6, 2, 0), (1, 9, 1, 0), (5, 7, 3, 4))),
    ("Predictor(cfg,bias=False,global_bias=True)", "NMSE", ADAMW, Shifted),
    ("E1DNet.from_input('e1d-b0',bargs=['r2_k3_s1_e2_i512_o640_se0.25','r1_k2_s22_e1_i640_o768','r2_k5_s2_e3_i768_o1000_se0.1_noskip'],"
     "num_classes=3,dropout_rate=0.0,drop_connect_rate=0.0,width_coefficient=0.02)", "MSE", ADAM,
     lambda: Efficient(16, 24, EFFICIENT, False, True)),
    ("E1DNet.from_input('e1d-b0',bargs=['r2_k3_s1_e2_i512_o640_se0.25','r1_k2_s22_e1_i640_o768','r2_k5_s2_e3_i768_o1000_se0.1_noskip'],"
     "num_classes=3,rep_af='relu',bias=False,width_coefficient=0.02)", "L1", ADAMW, lambda: Efficient(16, 24, EFFICIENT, True, False)),
]


# Two hundred steps on one batch, with the learning rate falling to a tenth every 80.
LONG = ("InsLSTM(16,2,narchs=3,bias=False)", "MSE",
        "Adam lr=3e-3 weight_decay=1e-3 (L2, coupled), clip_grad_norm 0.5, StepLR step_size=80 gamma=0.1 stepped every epoch",
        lambda: Recurrent(16, 2, bias=False))


def make_input(model):
    if isinstance(model, Shifted):
        return torch.randn(B, F)
    tables = getattr(model, "embed_model", model)
    if not hasattr(tables, "op_embed"):
        return torch.randn(B, T, F)
    high = torch.full((F,), 2)
    high[1], high[11], high[16:19], high[20:23] = 50, 4, 9, 9
    high[23::2], high[24::2] = 8, 50
    return ((torch.rand(B, T, F) * high).floor() - tables.mean) / tables.std


def make_optimizer(text, model):
    values = {w.split("=")[0]: w.split("=")[1].rstrip(",") for w in text.split() if "=" in w}
    kind = torch.optim.AdamW if text.startswith("AdamW") else torch.optim.Adam
    clip = float(text.split("clip_grad_norm ")[1].split(",")[0]) if "clip_grad_norm" in text else None
    parameters = [p for p in model.parameters() if p.requires_grad]
    return clip, kind(parameters, lr=float(values["lr"]), betas=eval(values.get("betas", "(0.9,0.999)")), eps=float(values.get("eps", 1e-8)),
                      weight_decay=float(values.get("weight_decay", 0)))


def save(path, metadata, tensors):
    header, data = {"__metadata__": metadata}, b""
    for name, t in tensors.items():
        t = t.reshape(1) if t.dim() == 0 else t
        raw = t.detach().float().contiguous().numpy().tobytes()
        header[name] = {"dtype": "F32", "shape": list(t.shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)


def dump(folder, number, expression, loss, optimizer, build):
    torch.manual_seed(100 + number)
    model = build()
    x = make_input(model)

    def run():
        representation = model.represent(x) if hasattr(model, "represent") else x
        output = model.output(representation) if hasattr(model, "output") else model.linear(representation)
        return representation, output

    representation, output = run()
    target = torch.rand_like(output) * 3
    tensors = {"input": x, "target": target, "output": output}
    if hasattr(model, "represent"):
        tensors["representation"] = representation
    tensors.update({"param." + k: v.clone() for k, v in model.state_dict().items()})
    clip, steps = make_optimizer(optimizer, model)
    for step in range(4):
        value = LOSSES[loss](run()[1], target)
        steps.zero_grad()
        value.backward()
        if step == 0:
            tensors["loss"] = value.reshape(1)
            tensors.update({"grad." + k: v.grad.clone() for k, v in model.named_parameters() if v.grad is not None})
        if step == 3:
            tensors["loss_after3"] = value.reshape(1)
            tensors.update({"after3." + k: v.detach().clone() for k, v in model.named_parameters() if v.grad is not None})
            tensors.update({"after3." + k: v.clone() for k, v in model.named_buffers() if "running" in k or "num_batches" in k})
            break
        if clip:
            nn.utils.clip_grad_norm_(model.parameters(), clip)
        steps.step()
    metadata = {"model": expression, "loss": loss, "optimizer": optimizer, "seq_length": str(T), "input_length": str(F), "steps": "3"}
    if isinstance(model, Efficient):
        metadata["mode"] = "training" if model.training else "evaluation"
    save(f"{folder}/state_{number:02d}.safetensors", metadata, tensors)


def dump_long(folder, expression, loss, optimizer, build, n=200):
    torch.manual_seed(200)
    model = build()
    x, target, losses = make_input(model), torch.rand(B, K) * 3, []
    tensors = {"input": x, "target": target}
    tensors.update({"param." + k: v.clone() for k, v in model.state_dict().items()})
    clip, steps = make_optimizer(optimizer, model)
    schedule = torch.optim.lr_scheduler.StepLR(steps, step_size=80, gamma=0.1)
    for _ in range(n):
        value = LOSSES[loss](model.linear(model.represent(x)), target)
        losses.append(value.item())
        steps.zero_grad()
        value.backward()
        nn.utils.clip_grad_norm_(model.parameters(), clip)
        steps.step()
        schedule.step()
    tensors["losses"] = torch.tensor(losses)
    tensors.update({f"after{n}." + k: v.detach() for k, v in model.named_parameters()})
    metadata = {"model": expression, "loss": loss, "optimizer": optimizer, "seq_length": str(T), "input_length": str(F), "steps": str(n)}
    save(f"{folder}/trajectory_{n}.safetensors", metadata, tensors)
    print(f"loss {losses[0]:.4f} to {losses[-1]:.4f}")


if __name__ == "__main__":
    torch.set_num_threads(1)
    for i, state in enumerate(STATES):
        dump(sys.argv[1], i, *state)
    dump_long(sys.argv[1], *LONG)
