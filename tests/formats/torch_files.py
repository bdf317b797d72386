#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes torch/*.pth, what torch.save writes in the ways that people use it, and torch/values.txt: the numbers that stand in
them, as PyTorch itself reads them back, a tensor a line: FILE NAME TYPE SHAPE, then its values as hexadecimal floats of
32 bit. By hand; needs torch and numpy."""
import collections
import pathlib
import zipfile

import torch

HERE = pathlib.Path(__file__).parent / "torch"
torch.manual_seed(20120930)


def net(dtype=torch.float32):
    """A small net of torchvision's names: a convolution, a norm with its counter in 64 bit integers, a last layer."""
    class Net(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.features = torch.nn.Sequential(torch.nn.Conv2d(3, 4, (2, 3)), torch.nn.BatchNorm2d(4))
            self.classifier = torch.nn.Sequential(torch.nn.Dropout(), torch.nn.Linear(4, 3))

    return Net().to(dtype)


def tensors(saved):
    """The state dict inside what was saved, prefixes gone."""
    for key in ("state_dict", "model_state_dict", "model"):
        if isinstance(saved.get(key), dict):
            saved = saved[key]
    found = {k: v for k, v in saved.items() if isinstance(v, torch.Tensor)}
    while True:
        for prefix in ("module.", "model.", "net.", "_orig_mod."):
            if all(k.startswith(prefix) for k in found):
                found = {k[len(prefix):]: v for k, v in found.items()}
                break
        else:
            return found


def repack(source, name, change=None, method=zipfile.ZIP_STORED):
    """The same archive once more, by Python's zipfile: `change` gives a member's bytes, or None to leave it out."""
    with zipfile.ZipFile(HERE / source) as old, zipfile.ZipFile(HERE / name, "w", method) as new:
        for info in old.infolist():
            data = old.read(info) if change is None else change(info.filename, old.read(info))
            if data is not None:
                new.writestr(zipfile.ZipInfo(info.filename), data, method)


def main():
    HERE.mkdir(exist_ok=True)
    for old in HERE.glob("*"):
        old.unlink()
    good = {}

    def save(name, what, **options):
        torch.save(what, HERE / name, **options)
        good[name] = tensors(torch.load(HERE / name, weights_only=False))

    plain = net()
    save("plain.pth", plain.state_dict())
    save("protocol4.pth", plain.state_dict(), pickle_protocol=4)
    save("dots.in.its.name.pth", collections.OrderedDict(weight=torch.tensor([1.5, -2.0])))
    for dtype in (torch.float64, torch.float16, torch.bfloat16):
        save(f"{str(dtype)[6:]}.pth", net(dtype).state_dict())
    optimizer = torch.optim.Adam(plain.parameters())
    sum(p.square().sum() for p in plain.parameters()).backward()
    optimizer.step()
    history = {"epoch": 7, "loss": 0.25, "best": None, "done": False, "big": 2**40, "arguments": ["a", ("b", -3, 300)]}
    save("checkpoint.pth", {"state_dict": torch.nn.DataParallel(plain).state_dict(), "optimizer": optimizer.state_dict(),
                            **history})
    save("model_state_dict.pth", {"epoch": 1, "last": torch.ones(2), "model_state_dict": plain.state_dict()})
    save("nested_prefix.pth", {"model": {f"module.net.{k}": v for k, v in plain.state_dict().items()}})
    save("parameters.pth", dict(plain.named_parameters()))
    base = torch.arange(60, dtype=torch.float32)
    save("views.pth", {"whole": base, "slice": base[7:19].reshape(3, 4), "columns": base.reshape(6, 10)[1:5, 3:6],
                       "transposed": base.reshape(6, 10).t(), "flipped_axes": base.reshape(3, 4, 5).permute(2, 0, 1),
                       "expanded": base[5:6].expand(2, 3), "scalar": base[9], "none": base[:0],
                       "half": base.half().reshape(6, 10)[::2, ::3], "wide": (base.double() / 3).reshape(6, 10).t(),
                       "five": base.reshape(2, 3, 2, 5, 1), "five_turned": base.reshape(2, 3, 2, 5, 1).transpose(0, 1)})
    save("channels_last.pth", net().to(memory_format=torch.channels_last).state_dict())
    # Compressed, as by a program that packs archives anew, with the pickle behind the rest.
    repack("plain.pth", "deflated.pth", method=zipfile.ZIP_DEFLATED)
    good["deflated.pth"] = good["plain.pth"]
    # What is refused.
    torch.save(plain.state_dict(), HERE / "old.pth", _use_new_zipfile_serialization=False)
    scripted = torch.jit.script(torch.nn.Sequential(torch.nn.Conv2d(1, 1, 1)))
    torch.jit.save(scripted, HERE / "whole_script.pth")
    # Without what names files of the machine that it was made on.
    repack("whole_script.pth", "script.pth", lambda name, data: None if name.endswith(".debug_pkl") else data)
    (HERE / "whole_script.pth").unlink()
    torch.save(torch.nn.Linear(2, 1), HERE / "module.pth")
    torch.save([torch.ones(2)], HERE / "list.pth")
    torch.save({"epoch": 3, "optimizer": {"state": {}}}, HERE / "empty.pth")
    repack("dots.in.its.name.pth", "big.pth", lambda name, data: b"big" if name.endswith("byteorder") else data)
    repack("dots.in.its.name.pth", "no_storage.pth", lambda name, data: None if name.endswith("data/0") else data)
    repack("dots.in.its.name.pth", "short_storage.pth", lambda name, data: data[:4] if name.endswith("data/0") else data)
    with open(HERE / "values.txt", "w", encoding="utf-8") as out:
        for file, found in good.items():
            for name, t in found.items():
                shape = "x".join(map(str, t.shape)) or "scalar"
                values = " ".join(float(v).hex() for v in t.to(torch.float32).flatten().tolist())
                print(f"{file} {name} {str(t.dtype)[6:]} {shape} {values}".strip(), file=out)


main()
