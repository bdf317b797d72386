# SPDX-License-Identifier: MIT
"""alexnet-caffe in PyTorch on a GPU: torch_times.py [DEVICE [BATCHES]] (cuda 1,16,128) prints a line of JSON for each figure. As `alexcl time`
does it: from images in the host's memory to scores there, and a step of SGD with momentum from pictures there to the loss. The better of both
layouts counts. float is without TF32, which tf32 has."""
import json
import os
import statistics
import sys
import time

try:
    import torch
    import torch.nn.functional as f
except ImportError as why:
    print("PyTorch is not installed for %s: %s" % (sys.executable, why))
    sys.exit(77)
sys.path.append(os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "peers.d"))
import torch_net
from nets import CLASSES, NETS

NET = NETS["T"]
REPEAT, WARM_UP, SECONDS = 20, 3, 1.5
SHAPES = {"conv1": (96, 3, 11, 11), "conv2": (256, 48, 5, 5), "conv3": (384, 256, 3, 3), "conv4": (384, 192, 3, 3), "conv5": (256, 192, 3, 3),
          "fc6": (4096, 9216), "fc7": (4096, 4096), "fc8": (CLASSES, 4096)}


def tensors(device, kind, last, gradients):
    torch.manual_seed(1)
    t = {}
    for name, shape in SHAPES.items():
        weight = torch.randn(shape, device=device, dtype=kind) * 0.01
        t[name + ".weight"] = weight.to(memory_format=torch.channels_last) if last and weight.dim() == 4 else weight
        t[name + ".bias"] = torch.zeros(shape[0], device=device, dtype=kind)
    return {name: v.requires_grad_(gradients) for name, v in t.items()}


def seconds(run, device):
    """Of one run, the median. Each ends with a value that the host reads, so that nothing is left on the device."""
    times, end = [], None
    for i in range(WARM_UP + REPEAT):
        if device == "cuda":
            torch.cuda.synchronize()
        start = time.perf_counter()
        run()
        if device == "cuda":
            torch.cuda.synchronize()
        now = time.perf_counter()
        end = end or now + SECONDS  # the first one has cuDNN's choice of algorithms
        times.append(now - start)
        if now > end and i >= WARM_UP:
            break
    return statistics.median(times[WARM_UP:])


def forward(device, batch, kind, last):
    t, x = tensors(device, kind, last, False), torch.randn(batch, *NET["input"]).to(kind)
    x = x.pin_memory() if device == "cuda" else x

    def run():
        with torch.inference_mode():
            return torch.softmax(torch_net.scores(NET, t, x.to(device, non_blocking=True), last=last).float(), 1).cpu()
    return run


def training(device, batch, last):
    t = tensors(device, torch.float32, last, True)
    optimizer = torch.optim.SGD(t.values(), lr=0.01, momentum=0.9, weight_decay=5e-4)
    x, y = torch.randn(batch, *NET["input"]), torch.arange(batch) % CLASSES
    x = x.pin_memory() if device == "cuda" else x

    def run():
        optimizer.zero_grad()
        scores = torch_net.scores(NET, t, x.to(device, non_blocking=True), dropout=0.5, last=last)
        loss = f.cross_entropy(scores, y.to(device))
        loss.backward()
        optimizer.step()
        return loss.item()
    return run


def main():
    device = sys.argv[1] if len(sys.argv) > 1 else "cuda"
    batches = [int(word) for word in (sys.argv[2] if len(sys.argv) > 2 else "1,16,128").split(",")]
    if device == "cuda" and not torch.cuda.is_available():
        print("PyTorch %s sees no GPU" % torch.__version__)
        sys.exit(77)
    print(json.dumps({"torch": torch.__version__, "cuda": torch.version.cuda,
                      "gpu": torch.cuda.get_device_name() if device == "cuda" else device}), flush=True)
    torch.backends.cudnn.benchmark = True
    rows = [(what, batch) for what in ("float", "half") for batch in batches]
    rows += [("training, float", batches[-1])] + [("tf32", batch) for batch in batches] + [("training, tf32", batches[-1])]
    for what, batch in rows:
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = "tf32" in what
        row, best = {"model": NET["model"], "what": what, "batch": batch}, None
        try:
            for last in (False, True):
                kind = torch.float16 if what == "half" else torch.float32
                took = seconds(training(device, batch, last) if "training" in what else forward(device, batch, kind, last), device)
                if best is None or took < best[0]:
                    best = took, last
            row.update(images_per_s=batch / best[0], milliseconds=best[0] * 1e3, layout="channels last" if best[1] else "channels first")
        except RuntimeError as why:  # no memory, or no such operator on the device: the other figures stand
            row["why"] = str(why).split("\n")[0]
        print(json.dumps(row), flush=True)


if __name__ == "__main__":
    main()
