# SPDX-License-Identifier: MIT
"""A net of nets.py in PyTorch."""
import torch
import torch.nn.functional as f


def scores(net, t, v, dropout=0.0, last=True):
    """The outputs before the softmax of a batch `v`, with tensors `t` by name; dropout: share of the units of fc6 and fc7 that is dropped; last:
    channels last in memory."""
    v = v.to(memory_format=torch.channels_last) if last else v
    for kind, *p in net["rows"]:
        if kind == "conv":
            v = f.conv2d(v, t[p[0] + ".weight"], t[p[0] + ".bias"], stride=p[1], padding=p[2], groups=p[3])
        elif kind == "fc":
            v = f.linear(v, t[p[0] + ".weight"], t[p[0] + ".bias"])
            if dropout and p[0] in ("fc6", "fc7"):
                v = f.dropout(f.relu_(v), dropout)
        elif kind == "lrn":
            v = f.local_response_norm(v, p[0], alpha=p[2], beta=p[3], k=p[1])
        elif kind == "pool":
            v = f.max_pool2d(v, 3, 2)
        elif kind == "relu":
            v = f.relu_(v)
        elif kind == "flat":
            v = torch.flatten(v, 1)
    return v
