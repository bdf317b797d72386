#!/usr/bin/env python3
"""Other files of the weights of a safetensors file: weights_forge.py IN OUT [classes=N] [names=NAME,NAME,...]

OUT ends with .safetensors (without metadata) or .pth, an archive and a pickle as torch.save writes them, without PyTorch.
classes: the last layer has the first N rows. names: of the modules, in the order of the layers, instead of the file's; names=torchvision: those of its AlexNet."""
import collections
import json
import pickle
import struct
import sys
import types
import zipfile

source, target, *options = sys.argv[1:]
options = dict(option.split("=") for option in options)
data = open(source, "rb").read()
length = struct.unpack("<Q", data[:8])[0]
header = json.loads(data[8:8 + length])
header.pop("__metadata__", None)
ordered = sorted(header.items(), key=lambda item: item[1]["data_offsets"])
layers = list(dict.fromkeys(name.rsplit(".", 1)[0] for name, _ in ordered))
TORCHVISION = [f"features.{i}" for i in (0, 3, 6, 8, 10)] + [f"classifier.{i}" for i in (1, 4, 6)]
given = options.get("names")
names = TORCHVISION if given == "torchvision" else given.split(",") if given else layers
tensors = {}
for layer, other in zip(layers, names):
    for role in "weight", "bias":
        entry = header[f"{layer}.{role}"]
        begin, end = (8 + length + at for at in entry["data_offsets"])
        shape, values = entry["shape"], data[begin:end]
        if layer == layers[-1] and "classes" in options:
            rows = int(options["classes"])
            values = values[:len(values) // shape[0] * rows]
            shape = [rows] + shape[1:]
        tensors[f"{other}.{role}"] = shape, values
if target.endswith(".safetensors"):
    at, entries = 0, {}
    for name, (shape, values) in tensors.items():
        entries[name] = {"dtype": "F32", "shape": shape, "data_offsets": [at, at + len(values)]}
        at += len(values)
    text = json.dumps(entries).encode()
    with open(target, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(values for _, values in tensors.values()))
    sys.exit()

# The names that a checkpoint calls, of modules that need not be there.
for module, name in ("torch._utils", "_rebuild_tensor_v2"), ("torch", "FloatStorage"):
    sys.modules.setdefault(module, types.ModuleType(module))
    made = type(name, (), {"__module__": module}) if name[0] == "F" else types.FunctionType((lambda: 0).__code__, {}, name)
    made.__module__, made.__qualname__ = module, name
    setattr(sys.modules[module], name, made)
sys.modules["torch"]._utils = sys.modules["torch._utils"]


class Storage:
    def __init__(self, key, count):
        self.key, self.count = key, count


class Tensor:
    def __init__(self, key, shape, count):
        self.key, self.shape, self.count = key, shape, count

    def __reduce__(self):
        strides = [1]
        for side in reversed(self.shape[1:]):
            strides.insert(0, strides[0] * side)
        return (sys.modules["torch._utils"]._rebuild_tensor_v2,
                (Storage(self.key, self.count), 0, tuple(self.shape), tuple(strides), False, collections.OrderedDict()))


class Pickler(pickle.Pickler):
    def persistent_id(self, value):
        if isinstance(value, Storage):
            return "storage", sys.modules["torch"].FloatStorage, value.key, "cpu", value.count
        return None


with zipfile.ZipFile(target, "w") as archive, open(target + ".pkl", "wb+") as file:
    state = collections.OrderedDict((name, Tensor(str(i), shape, len(values) // 4)) for i, (name, (shape, values)) in enumerate(tensors.items()))
    Pickler(file, 2).dump(state)
    file.seek(0)
    archive.writestr("archive/data.pkl", file.read())
    for i, (_, values) in enumerate(tensors.values()):
        archive.writestr(f"archive/data/{i}", values)
    archive.writestr("archive/version", "3\n")
