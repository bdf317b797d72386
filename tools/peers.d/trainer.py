# SPDX-License-Identifier: MIT
"""A peer that trains, in a process of its own: trainer.py PEER NET BATCH STEPS THREADS FOLDER takes STEPS steps from the pictures of FOLDER, and
prints a line of JSON. PEER is torch-last or torch-contiguous (its layout) or jax. With L in NET's place it is an epoch of LeNet-5 on MNIST's files
in FOLDER, which PyTorch alone takes."""
import concurrent.futures
import gzip
import json
import os
import random
import resource
import struct
import sys
import time

import numpy

from nets import CLASSES, NETS, SIDE

RATE, MOMENTUM, DECAY, DROPOUT = 0.01, 0.9, 5e-4, 0.5


def first_weights(net, folder):
    """As the paper's recipe begins."""
    with open(os.path.join(folder, net["model"] + ".safetensors"), "rb") as file:
        header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
    draw, values = numpy.random.default_rng(1), {}
    for name, tensor in header.items():
        if name.endswith(".weight"):
            values[name] = draw.standard_normal(tensor["shape"], dtype=numpy.float32) * numpy.float32(0.01)
        elif name != "__metadata__":
            ones = name.split(".")[0] in ("conv2", "conv4", "conv5", "fc6", "fc7")
            values[name] = numpy.full(tensor["shape"], float(ones), numpy.float32)
    return values


def pictures(net, batch, folder):
    """prepare(step): pictures cropped and mirrored by chance, and their classes."""
    pixels = numpy.memmap(os.path.join(folder, "pictures.bin"), numpy.uint8, "r").reshape(-1, SIDE, SIDE, 3)
    mean, std = (numpy.array(net[k], numpy.float32)[:, None, None] for k in ("mean", "std"))
    draw = random.Random(1)

    def prepare(step):
        x = numpy.empty((batch, *net["input"]), numpy.float32)
        size = net["input"][1]
        for i in range(batch):
            top, left = draw.randrange(SIDE - size + 1), draw.randrange(SIDE - size + 1)
            picture = pixels[(step * batch + i) % len(pixels), top:top + size, left:left + size].transpose(2, 0, 1)
            x[i] = ((picture[:, :, ::-1] if draw.random() < 0.5 else picture) * numpy.float32(net["scale"]) - mean) / std
        return x, numpy.arange(step * batch, (step + 1) * batch) % len(pixels) % CLASSES
    return prepare


class Torch:
    def __init__(self, net, values, threads, last):
        import torch
        import torch.nn.functional as f
        import torch_net
        self.version = torch.__version__.split("+")[0]
        torch.set_num_threads(threads)
        t = {name: torch.from_numpy(v) for name, v in values.items()}
        t = {name: (v.to(memory_format=torch.channels_last) if last and v.dim() == 4 else v).requires_grad_() for name, v in t.items()}
        optimizer = torch.optim.SGD(t.values(), lr=RATE, momentum=MOMENTUM, weight_decay=DECAY)

        def step(x, y):
            optimizer.zero_grad()
            scores = torch_net.scores(net, t, torch.from_numpy(x), dropout=DROPOUT, last=last)
            loss = f.cross_entropy(scores, torch.from_numpy(y))  # which has the softmax
            loss.backward()
            optimizer.step()
            return loss.item()
        self.step = step


class Jax:
    """Channels last, which XLA convolves faster; groups as convolutions of their own: as one their gradient takes twice as long."""
    def __init__(self, net, values, threads):
        import jax
        import jax.numpy as jnp
        from jax import lax
        self.version = jax.__version__
        t = {name: jnp.asarray(v.transpose(2, 3, 1, 0) if v.ndim == 4 else v) for name, v in values.items()}

        def conv(v, weight, bias, stride, pad, groups):
            parts = zip(jnp.split(v, groups, 3), jnp.split(weight, groups, 3))
            return jnp.concatenate([lax.conv_general_dilated(a, w, (stride,) * 2, [(pad, pad)] * 2, dimension_numbers=("NHWC", "HWIO", "NHWC"))
                                    for a, w in parts], 3) + bias

        def scores(t, v, key):
            for kind, *p in net["rows"]:
                if kind == "conv":
                    v = conv(v, t[p[0] + ".weight"], t[p[0] + ".bias"], *p[1:])
                elif kind == "fc":
                    v = v @ t[p[0] + ".weight"].T + t[p[0] + ".bias"]
                    if p[0] in ("fc6", "fc7"):
                        key, here = jax.random.split(key)
                        v = jnp.where(jax.random.bernoulli(here, 1 - DROPOUT, v.shape), jax.nn.relu(v) / (1 - DROPOUT), 0)
                elif kind == "lrn":
                    v = v * (p[1] + p[2] / p[0] * lax.reduce_window(v * v, 0.0, lax.add, (1, 1, 1, p[0]), (1,) * 4, "SAME")) ** -p[3]
                elif kind == "pool":
                    v = lax.reduce_window(v, -jnp.inf, lax.max, (1, 3, 3, 1), (1, 2, 2, 1), "VALID")
                elif kind == "relu":
                    v = jax.nn.relu(v)
                elif kind == "flat":
                    v = v.transpose(0, 3, 1, 2).reshape(len(v), -1)
            return v

        def loss(t, x, y, key):
            return -jnp.take_along_axis(jax.nn.log_softmax(scores(t, x.transpose(0, 2, 3, 1), key)), y[:, None], 1).mean()

        def whole(t, velocity, x, y, key):
            now, gradient = jax.value_and_grad(loss)(t, x, y, key)
            velocity = {name: MOMENTUM * v + gradient[name] + DECAY * t[name] for name, v in velocity.items()}
            return {name: v - RATE * velocity[name] for name, v in t.items()}, velocity, now
        whole = jax.jit(whole, donate_argnums=(0, 1))
        self.state, self.key = (t, {name: jnp.zeros_like(v) for name, v in t.items()}), jax.random.key(1)

        def step(x, y):
            self.key, here = jax.random.split(self.key)
            *self.state, now = whole(*self.state, x, y.astype(numpy.int32), here)
            jax.block_until_ready(self.state)
            return float(now)
        self.step = step


def train(name, key, batch, steps, threads, folder):
    net = NETS[key]
    values = first_weights(net, folder)
    peer = Jax(net, values, threads) if name == "jax" else Torch(net, values, threads, name == "torch-last")
    prepare, seconds, first = pictures(net, batch, folder), [], None
    with concurrent.futures.ThreadPoolExecutor(1) as ahead:  # the next batch is prepared while one is computed
        waiting = ahead.submit(prepare, 0)
        for step in range(steps):
            start = time.perf_counter()
            x, y = waiting.result()
            waiting = ahead.submit(prepare, step + 1)
            loss = peer.step(x, y)
            first = loss if first is None else first
            seconds.append(time.perf_counter() - start)
    return {"version": peer.version, "seconds": seconds, "loss": first}


# ---- LeNet-5 -----------------------------------------------------------------------------------------

def read_mnist(folder, name, begin):
    with gzip.open(os.path.join(folder, name)) as file:
        return numpy.frombuffer(file.read(), numpy.uint8, offset=begin)


def lenet(batch, threads, folder, last):
    """An epoch in random order, the pictures in memory, by the rule of alexcl's recipe `keras`; the loss is the epoch's mean."""
    import torch
    from torch import nn
    torch.set_num_threads(threads)
    torch.manual_seed(1)
    pixels = read_mnist(folder, "train-images-idx3-ubyte.gz", 16).reshape(-1, 1, 28, 28)
    x = nn.functional.pad(torch.from_numpy(pixels.astype(numpy.float32) / 255), (2, 2, 2, 2))
    y = torch.from_numpy(read_mnist(folder, "train-labels-idx1-ubyte.gz", 8).astype(numpy.int64))
    net = nn.Sequential(nn.Conv2d(1, 6, 5), nn.Tanh(), nn.AvgPool2d(2), nn.Conv2d(6, 16, 5), nn.Tanh(), nn.AvgPool2d(2), nn.Flatten(),
                        nn.Linear(400, 120), nn.Tanh(), nn.Linear(120, 84), nn.Tanh(), nn.Linear(84, 10))
    for layer in net:
        if hasattr(layer, "weight"):
            nn.init.xavier_uniform_(layer.weight)
            nn.init.zeros_(layer.bias)
    if last:
        net = net.to(memory_format=torch.channels_last)
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-3, eps=1e-7)
    start, total = time.perf_counter(), 0.0
    for rows in torch.randperm(len(x)).split(batch):
        images = x[rows].to(memory_format=torch.channels_last) if last else x[rows]
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(net(images), y[rows])
        loss.backward()
        optimizer.step()
        total += loss.item() * len(rows)
    return {"version": torch.__version__.split("+")[0], "seconds": [time.perf_counter() - start], "loss": total / len(x)}


def main():
    name, key, batch, steps, threads, folder = *sys.argv[1:3], *map(int, sys.argv[3:6]), sys.argv[6]
    got = lenet(batch, threads, folder, name == "torch-last") if key == "L" else train(name, key, batch, steps, threads, folder)
    print(json.dumps({**got, "resident": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}))


if __name__ == "__main__":
    main()
