#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes torch_nets.tar.xz: alexcl's model tiny-nolrn built in PyTorch, saved in the ways that people save it, a net with
LocalResponseNorm, which is no operator of ONNX as PyTorch exports it, and nets.json: for
each file what wrote it, and the logits that PyTorch's own forward has, in float32, for the input that input() makes. By hand; needs
torch, numpy, safetensors, onnx and onnxscript."""
import collections
import io
import json
import os
import pathlib
import tarfile
import tempfile
import zipfile

import numpy as np
import onnx
import safetensors.torch
import torch
from torch import nn

HERE = pathlib.Path(os.environ.get("TORCH_NETS", pathlib.Path(__file__).parent))
IMAGES = 2


def input_of(images):
    """Multiples of 1/512, which every float type has."""
    count = images * 3 * 67 * 67
    return torch.from_numpy((((np.arange(count) * 7919) % 2003 - 1001) / 512).astype("float32").reshape(images, 3, 67, 67))


def parts():
    return collections.OrderedDict(
        conv1=nn.Conv2d(3, 6, 11, 4), relu1=nn.ReLU(), pool1=nn.MaxPool2d(3, 2), conv2=nn.Conv2d(6, 10, 5, padding=2), relu2=nn.ReLU(),
        pool2=nn.MaxPool2d(3, 2), conv3=nn.Conv2d(10, 8, 3, padding=1), relu3=nn.ReLU(), conv4=nn.Conv2d(8, 8, 3, padding=1),
        relu4=nn.ReLU(), conv5=nn.Conv2d(8, 6, 3, padding=1), relu5=nn.ReLU(), pool5=nn.MaxPool2d(3, 2), flat=nn.Flatten(),
        fc6=nn.Linear(6, 14), relu6=nn.ReLU(), drop6=nn.Dropout(), fc7=nn.Linear(14, 10), relu7=nn.ReLU(), drop7=nn.Dropout(),
        fc8=nn.Linear(10, 5))


def norm_parts():
    """AlexNet's order, with its own norm, and one of even size that weighs more."""
    return collections.OrderedDict(
        conv1=nn.Conv2d(3, 12, 11, 4), relu1=nn.ReLU(), norm1=nn.LocalResponseNorm(5, 1e-4, 0.75, 2.0), pool1=nn.MaxPool2d(3, 2),
        conv2=nn.Conv2d(12, 10, 5, padding=2), relu2=nn.ReLU(), norm2=nn.LocalResponseNorm(4, 0.5, 0.6, 1.0), pool2=nn.MaxPool2d(3, 2),
        flat=nn.Flatten(), fc3=nn.Linear(90, 5))


def net(parts=parts):
    torch.manual_seed(20120930)
    model = nn.Sequential(parts()).eval()
    with torch.no_grad():
        for weight in model.parameters():
            weight.copy_(torch.randn(weight.shape) / max(1, weight[0].numel()) ** 0.5)
    return model


def logits(model, parts=parts):
    """In float32, of the values that the file holds."""
    copy = nn.Sequential(parts()).eval()
    copy.load_state_dict({name: value.float() for name, value in model.state_dict().items()})
    with torch.no_grad():
        return [float(v) for v in copy(input_of(IMAGES)).flatten()]


def prefixed(model, prefix):
    return collections.OrderedDict((prefix + name, value) for name, value in model.state_dict().items())


def without(path, names):
    """What an older torch does not write is left out of an archive, whose members stay as they are."""
    with zipfile.ZipFile(path) as old:
        members = [(info, old.read(info)) for info in old.infolist()]
    with zipfile.ZipFile(path, "w") as new:
        for info, data in members:
            if info.filename.split("/", 1)[1] not in names:
                new.writestr(zipfile.ZipInfo(info.filename), data)


def main():
    rows, folder = [], pathlib.Path(tempfile.mkdtemp())

    def row(file, kind, writer, what, model, args=("--model", "tiny-nolrn"), parts=parts):
        rows.append({"file": file, "format": kind, "writer": writer, "what": what, "args": list(args), "layer": "fc8",
                     "output": logits(model, parts)})

    def save(file, what, content, model):
        torch.save(content, folder / file)
        row(file, "PyTorch", f"torch {torch.__version__.split('+')[0]}", what, model)

    model = net()
    save("state_dict.pth", "state dict", model.state_dict(), model)
    save("checkpoint.pth", "checkpoint with `state_dict`, DataParallel's `module.`, and an optimizer",
         {"epoch": 90, "arch": "tiny", "state_dict": prefixed(model, "module."), "best_acc1": torch.tensor(57.1),
          "optimizer": torch.optim.SGD(model.parameters(), 0.01, momentum=0.9).state_dict()}, model)
    save("prefix_model.pth", "prefix `model.`", prefixed(model, "model."), model)
    save("prefix_net.pth", "prefix `net.`", prefixed(model, "net."), model)
    numbered = nn.Sequential(*net())
    save("sequential.pth", "names of a Sequential (`0.weight`): by their order", numbered.state_dict(), model)
    for kind in (torch.float64, torch.float16, torch.bfloat16):
        other = net().to(torch.float64)
        with torch.no_grad():
            for weight in other.parameters(): # digits that float32 has not
                weight.add_(torch.randn(weight.shape, dtype=torch.float64) * 1e-9)
        other = other.to(kind)
        name = str(kind).split(".")[1]
        save(f"{name}.pth", name, other.state_dict(), other)
    save("channels_last.pth", "strides of channels_last", net().to(memory_format=torch.channels_last).state_dict(), model)
    flat = torch.cat([torch.zeros(3)] + [value.flatten() for value in model.state_dict().values()])
    views, at = collections.OrderedDict(), 3
    for name, value in model.state_dict().items():
        views[name] = flat[at:at + value.numel()].view(value.shape)
        at += value.numel()
    save("one_storage.pth", "all tensors slices of one storage", views, model)
    save("older.pth", "an archive without what torch 1.x did not write (byteorder, .format_version)", model.state_dict(), model)
    without(folder / "older.pth", ("byteorder", ".format_version", ".storage_alignment", ".data/serialization_id"))
    safetensors.torch.save_file(model.state_dict(), folder / "net.safetensors")
    row("net.safetensors", "safetensors", f"safetensors {safetensors.__version__}", "save_file of a state dict", model)
    for dynamo in (True, False):
        file = "dynamo.onnx" if dynamo else "torchscript.onnx"
        torch.onnx.export(model, (input_of(1),), str(folder / file), dynamo=dynamo, external_data=False)
        onnx.checker.check_model(onnx.load(folder / file))
        for args, what in ((["--model", file], ", as a net"), (["--model", "tiny-nolrn"], ", as weights")):
            row(file, "ONNX", f"torch {torch.__version__.split('+')[0]}", ("torch.onnx.export" if dynamo else "torch.onnx.export, dynamo=False") + what,
                model, args)
            if args[1] == file:
                rows[-1]["layer"] = None
    model = net(norm_parts)
    for file, what, options in (
            ("norm.onnx", "torch.onnx.export", {"dynamo": True}),
            ("norm_any_batch.onnx", "torch.onnx.export, dynamic_shapes for the batch", {"dynamo": True, "dynamic_shapes": ({0: torch.export.Dim("n")},)}),
            ("norm_torchscript.onnx", "torch.onnx.export, dynamo=False", {"dynamo": False}),
            ("norm_torchscript_any_batch.onnx", "torch.onnx.export, dynamo=False, dynamic_axes for the batch",
             {"dynamo": False, "input_names": ["x"], "dynamic_axes": {"x": {0: "n"}}})):
        torch.onnx.export(model, (input_of(2 if "any" in file else 1),), str(folder / file), external_data=False, **options)
        onnx.checker.check_model(onnx.load(folder / file))
        row(file, "ONNX", f"torch {torch.__version__.split('+')[0]}", f"LocalResponseNorm by {what}, as a net", model, ["--model", file], norm_parts)
        rows[-1]["layer"] = None

    (folder / "nets.json").write_text(json.dumps({"images": IMAGES, "shape": [3, 67, 67], "nets": rows}, indent=1))
    with tarfile.open(HERE / "torch_nets.tar.xz", "w:xz", preset=9) as out:
        for path in sorted(folder.iterdir()):
            info = tarfile.TarInfo(path.name)
            data = path.read_bytes()
            info.size = len(data)
            out.addfile(info, io.BytesIO(data))


main()
