#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes keras.zip: what Keras writes in the ways that people use it, and values.txt: the numbers that Keras itself has for them,
kernels turned to outputs x inputs x height x width by NumPy, a tensor a line: FILE NAME TYPE SHAPE, then its values with nine
digits; NET.json has an input and the outputs of a net that is run. By hand; needs keras, jax, tensorflow, torch, tf_keras, h5py and
numpy."""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import zipfile

HERE = pathlib.Path(os.environ.get("KERAS_FILES", "."))
ROLES = {"kernel": "weight", "depthwise_kernel": "weight"}


def leaves(model):
    """The layers with variables, in the order of the model."""
    for layer in model.layers:
        if hasattr(layer, "layers"):
            yield from leaves(layer)
        elif layer.weights:
            yield layer


def value_lines(file, layers, name_of=lambda layer: layer.name, dtype=None):
    import numpy as np
    for layer in layers:
        for weight in layer.weights:
            role = weight.name.split("/")[-1].split(":")[0]
            if role.startswith("seed"):
                continue
            value = weight.numpy() if hasattr(weight, "numpy") else np.asarray(weight)
            kind = dtype or str(value.dtype)
            if hasattr(value, "detach"):
                value = value.detach().float().numpy()
            value = np.asarray(value).astype("float32")
            if type(layer).__name__ == "DepthwiseConv2D" and value.ndim == 4:
                value = value.reshape(*value.shape[:2], 1, -1)
            if role in ROLES and value.ndim == 4:
                value = value.transpose(3, 2, 0, 1)
            elif role in ROLES and value.ndim == 2:
                value = value.T
            shape = "x".join(map(str, value.shape)) or "scalar"
            numbers = " ".join(f"{v:.9g}" for v in value.flatten().tolist())
            yield f"{file} {name_of(layer)}.{ROLES.get(role, role)} {kind} {shape} {numbers}"


def run_backend():
    """Of one backend: KERAS_BACKEND is set, and the process is its own."""
    import keras
    import numpy as np
    layers, backend, out = keras.layers, keras.backend.backend(), []
    keras.utils.set_random_seed(20120930)

    def shake(model):
        for i, weight in enumerate(model.weights):
            if "seed" not in weight.path:
                value = np.random.default_rng([i, *weight.shape]).normal(size=weight.shape) * 0.5
                weight.assign(np.abs(value) + 0.5 if "variance" in weight.path else value)
        return model

    def small(name=None, dtype=None):
        return shake(keras.Sequential([
            keras.Input((7, 6, 2), dtype=dtype), layers.Conv2D(4, (3, 2), activation="relu", dtype=dtype), layers.MaxPooling2D(2),
            layers.Flatten(), layers.Dense(3, activation="softmax", dtype=dtype)], name=name))

    def save(model, *names, **options):
        for name in names:
            (model.save_weights if name.endswith(".weights.h5") else model.save)(HERE / name)
            out.extend(value_lines(name, leaves(model), **options))

    def keep(model, name, pixels=False):
        shape = model.input_shape[1:]
        image = np.random.default_rng(7).normal(size=(2, *shape)).astype("float32")
        if pixels:
            image = np.random.default_rng(7).integers(0, 256, size=(2, *shape)).astype("float32")
        scores = np.asarray(model.predict(image, verbose=0))
        chw = image if getattr(model, "maps_first", 0) else image.transpose(0, 3, 1, 2)
        (HERE / f"{name}.json").write_text(json.dumps({"shape": list(chw.shape), "input": [float(v / 127.5 - 1 if pixels else v) for v in chw.flatten()],
                                                       "scores": [float(v) for v in scores.flatten()]}) + "\n")

    model = small()
    endings = {"jax": (".keras", ".h5", ".weights.h5"), "tensorflow": (".keras", ".h5"), "torch": (".weights.h5",)}
    save(model, *(backend + ending for ending in endings[backend]))
    if backend == "jax":
        keep(model, "small")
        # The layers' numbers go to two digits, and begin where the first model's ended.
        many = shake(keras.Sequential([keras.Input((3, 3, 1))] + [layers.Conv2D(1, 1) for _ in range(12)] +
                                      [layers.Flatten()] + [layers.Dense(2) for _ in range(2)]))
        save(many, "many.keras", "many.h5", "many.weights.h5")
        # Models in a model, a layer of one name in each; a norm, and others with variables.
        inner = [keras.Sequential([keras.Input((5, 5, 2)), layers.Conv2D(2, 2, padding="same", use_bias=False, name="same"),
                                   layers.BatchNormalization(scale=False)], name=f"inner{i}") for i in range(2)]
        image = keras.Input((5, 5, 2))
        maps = layers.Add()([inner[1](image), inner[0](image)])
        maps = layers.BatchNormalization(center=False)(layers.DepthwiseConv2D(2, depth_multiplier=2)(maps))
        maps = layers.BatchNormalization()(layers.Dropout(0.5)(maps))
        nested = shake(keras.Model(image, layers.Dense(2)(layers.GlobalAveragePooling2D()(maps))))
        for name, path in (("nested.keras", "layers.sequential_1.layers.conv2d.vars.0"), ("nested.h5", "model_weights.inner0.inner0.same.kernel")):
            nested.save(HERE / name)
            found = list(value_lines(name, leaves(nested)))
            again = [i for i, line in enumerate(found) if " same.weight " in line][1]  # a name that is taken: its path
            found[again] = found[again].replace("same.weight", path)
            out += found
        # Every layer that is run: "same" with one zero more at the end, windows over the edges, norms with all and with nothing.
        every = shake(keras.Sequential([
            keras.Input((19, 14, 3)), layers.Rescaling(1 / 127.5, offset=-1), layers.ZeroPadding2D(((1, 1), (0, 1))),
            layers.Conv2D(6, (4, 5), strides=2, padding="same", activation="tanh"),
            layers.BatchNormalization(epsilon=0.02), layers.DepthwiseConv2D(3, depth_multiplier=2, padding="same", use_bias=False),
            layers.BatchNormalization(center=False, scale=False), layers.ReLU(), layers.MaxPooling2D(3, strides=2, padding="same"),
            keras.Sequential([layers.SpatialDropout2D(0.1), layers.Conv2D(4, 2, groups=2, dilation_rate=2, padding="same",
                                                                         activation="sigmoid")]),
            layers.AveragePooling2D(2, strides=1, padding="same"), layers.Flatten(), layers.Dropout(0.3),
            layers.Dense(5, use_bias=False, activation="relu"), layers.Dense(4), layers.Softmax()]))
        save(every, "every.keras")
        keep(every, "every", pixels=True)
        # Branches, by name.
        image = keras.Input((8, 7, 3))
        one = layers.Conv2D(4, 3, padding="same", name="one")(image)
        two = layers.Activation("relu", name="two")(layers.Conv2D(4, 1, name="two_conv")(image))
        maps = layers.Concatenate()([layers.Add()([one, two]), two, layers.MaxPooling2D(3, strides=1, padding="same")(one)])
        graph = shake(keras.Model(image, layers.Dense(3)(layers.GlobalAveragePooling2D()(maps))))
        save(graph, "graph.keras", "graph.h5")
        keep(graph, "graph")
        # What is not computed is named.
        save(shake(keras.Sequential([keras.Input((4, 4, 1)), layers.Conv2D(2, 2, activation="gelu", name="odd"), layers.Flatten(),
                                     layers.Dense(2)])), "gelu.keras")
        # Fitted: its optimizer's variables are there too.
        fitted = small()
        fitted.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
        fitted.fit(np.zeros((2, 7, 6, 2)), np.eye(3)[:2], verbose=0)
        save(fitted, "fitted.keras")
        for kind in ("float64", "float16", "bfloat16"):
            if kind == "float64":
                import jax
                jax.config.update("jax_enable_x64", True)
            save(small(dtype=kind), f"{kind}.keras", dtype=kind)
        save(small(dtype="float16"), "float16.h5", dtype="float16")

        class Own(keras.Model):
            def __init__(self):
                super().__init__()
                self.conv1, self.fc8 = layers.Conv2D(2, 2), layers.Dense(2)

            def call(self, x):
                return self.fc8(keras.ops.mean(self.conv1(x), axis=(1, 2)))
        own = Own()
        own(np.zeros((1, 3, 3, 1)))
        shake(own)
        own.save_weights(HERE / "own.weights.h5")
        out.extend(value_lines("own.weights.h5", [own.conv1], lambda _: "conv1"))
        out.extend(value_lines("own.weights.h5", [own.fc8], lambda _: "fc8"))
        keras.backend.set_image_data_format("channels_first")
        first = shake(keras.Sequential([keras.Input((2, 5, 4)), layers.Conv2D(3, 2), layers.Flatten(), layers.Dense(2)]))
        first.maps_first = 1
        save(first, "channels_first.keras")
        keep(first, "channels_first")
        reshaped = shake(keras.Sequential([keras.Input((2, 5, 4)), layers.Conv2D(3, 2), layers.Reshape((36,)), layers.Dense(2)]))
        save(reshaped, "reshaped.keras")
    return out


def run_old():
    """tf_keras, Keras 2 as TensorFlow had it until 2.15."""
    import numpy as np
    import tf_keras as keras
    layers = keras.layers
    keras.utils.set_random_seed(20120930)
    model = keras.Sequential([layers.InputLayer((7, 6, 2)), layers.Conv2D(4, (3, 2), activation="relu"), layers.MaxPooling2D(2),
                              layers.BatchNormalization(), layers.Flatten(), layers.Dense(3, activation="softmax")])
    model.save(HERE / "old.h5")
    image = np.random.default_rng(7).normal(size=(2, 7, 6, 2)).astype("float32")
    (HERE / "old.json").write_text(json.dumps({"shape": [2, 2, 7, 6], "input": image.transpose(0, 3, 1, 2).flatten().tolist(),
                                               "scores": model.predict(image, verbose=0).flatten().tolist()}) + "\n")
    model.save_weights(HERE / "old_weights.h5")
    return [*value_lines("old.h5", leaves(model)), *value_lines("old_weights.h5", leaves(model))]


def rewrite(source, name, how, **options):
    """The same groups, attributes and datasets once more, by h5py: `how` gives each dataset's options, or its data and options."""
    import h5py

    def copy(old, new):
        for key, value in old.attrs.items():
            new.attrs[key] = value
        for key, item in old.items():
            if isinstance(item, h5py.Group):
                copy(item, new.create_group(key))
            else:
                made = new.create_dataset(key, **how(item))
                for k, value in item.attrs.items():
                    made.attrs[k] = value
    with h5py.File(HERE / source) as old, h5py.File(HERE / name, "w", **options) as new:
        copy(old, new)


def repack(source, name, change, method=zipfile.ZIP_STORED):
    with zipfile.ZipFile(HERE / source) as old, zipfile.ZipFile(HERE / name, "w", method) as new:
        for info in old.infolist():
            data = change(info.filename, old.read(info))
            if data is not None:
                new.writestr(zipfile.ZipInfo(info.filename), data, method)


def make_others(lines):
    import h5py
    import numpy as np
    again = {"gzip.weights.h5": dict(compression="gzip", shuffle=True, fletcher32=True), "chunks.weights.h5": dict(chunks=True)}
    for name, options in again.items():
        rewrite("jax.weights.h5", name, lambda d, o=options: {"data": d[()], **o})
    rewrite("jax.weights.h5", "v110.weights.h5", lambda d: {"data": d[()]}, libver=("v110", "v110"))
    rewrite("jax.weights.h5", "big_endian.weights.h5", lambda d: {"data": d[()].astype(">f4"), "dtype": ">f4"})
    repack("jax.keras", "deflated.keras", lambda name, data: data, zipfile.ZIP_DEFLATED)
    names = [*again, "v110.weights.h5", "big_endian.weights.h5", "deflated.keras"]
    lines += [line.replace("jax.keras" if name.endswith("keras") else "jax.weights.h5", name, 1) for name in names for line in lines
              if line.startswith("jax.keras " if name.endswith("keras") else "jax.weights.h5 ")]
    # What is refused, or listed and not read.
    rewrite("jax.weights.h5", "lzf.weights.h5", lambda d: {"data": d[()] * 0, "compression": "lzf"})
    rewrite("jax.weights.h5", "empty.weights.h5", lambda d: {"shape": d.shape, "dtype": "f4", "chunks": True})
    with h5py.File(HERE / "foreign.h5", "w") as f:
        f["a"] = np.ones(3, "f4")
    with h5py.File(HERE / "outside.weights.h5", "w") as f:
        f.create_dataset("layers/dense/vars/0", (2, 2), "f4", external=[("/proc/self/environ", 0, 16)])
        f["layers/dense_1/vars/0"] = h5py.ExternalLink("jax.weights.h5", "layers/dense/vars/0")
        f["layers/dense_2/vars/0"] = h5py.SoftLink("/layers/dense/vars/0")
        f["layers/dense_3/vars/0"] = np.ones((2, 2), "f4")
    with h5py.File(HERE / "round.weights.h5", "w") as f:
        f["layers/dense/vars/0"] = np.ones((2, 2), "f4")
        f["layers/again"] = f["/"]
    repack("jax.keras", "no_config.keras", lambda name, data: None if name == "config.json" else data)
    repack("jax.keras", "bad_config.keras", lambda name, data: b'{"class_name": "Own", "config": {}}' if name == "config.json" else data)
    with h5py.File(HERE / "missing.h5", "w") as f:
        f.attrs["layer_names"] = [b"dense"]
        f.create_group("dense").attrs["weight_names"] = [b"dense/kernel:0"]


def main():
    global HERE
    if len(sys.argv) > 1:
        print("\n".join(run_old() if sys.argv[1] == "old" else run_backend()))
        return
    lines, target = [], pathlib.Path(__file__).with_name("keras.zip")
    with tempfile.TemporaryDirectory() as folder:
        HERE = pathlib.Path(folder)
        for run in ("jax", "tensorflow", "torch", "old"):
            environment = {**os.environ, "KERAS_FILES": folder, "KERAS_BACKEND": run.replace("old", "tensorflow")}
            done = subprocess.run([sys.executable, __file__, run], env=environment, check=True, stdout=subprocess.PIPE, text=True)
            lines += done.stdout.splitlines()
        make_others(lines)
        (HERE / "values.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
        with zipfile.ZipFile(target, "w") as out:
            for file in sorted(HERE.iterdir()):
                out.writestr(zipfile.ZipInfo(file.name), file.read_bytes(), zipfile.ZIP_DEFLATED, 9)


main()
