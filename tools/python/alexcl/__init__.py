# SPDX-License-Identifier: MIT
"""alexcl: AlexNet on any two OpenCL devices, one half of the channels on each.

    import alexcl
    net = alexcl.Net("alexnet", "alexnet.pth", devices="0,1")
    scores = net.infer(images)            # N x 3 x 227 x 227, float32 -> N x 1000
    pool5 = net.features("pool5", images)

Images are what the net sees: float32, N x C x H x W, scaled as the model says (Net.mean, Net.std, Net.scale). A C-contiguous float32 array is
read where it is; any other is copied. The library is ALEXCL_LIBRARY, else beside this module, else the system's. What it has to say goes to the
logger "alexcl" (`logging`). Ctrl-C ends a run, and the net can be used again."""
import collections
import ctypes
import threading
from ctypes import POINTER, byref, c_float, c_int, c_size_t, c_uint64, c_void_p

import numpy

from ._library import (Cancel, Error, Model, ModelChange, NetOptions, RecipeValue, Settings, Shape, TrainBatch, TrainOptions, TrainResult, call,
                       library, text, texts)

__all__ = ["Device", "Error", "Net", "Result", "Trainer", "devices", "models", "version"]
version = library.alexcl_version().decode()
Device = collections.namedtuple("Device", "index name kind vendor driver platform compute_units clock_mhz memory usable why")
Result = collections.namedtuple("Result", "loss top1_wrong top5_wrong rate")
KINDS = ("CPU", "GPU", "accelerator", "custom")
LPIPS_LAYERS = ("relu1", "relu2", "relu3", "relu4", "relu5")


def devices():
    """All OpenCL devices, as `alexcl devices` lists them."""
    found = c_void_p()
    call("alexcl_devices_list", byref(found))
    try:
        infos = [library.alexcl_devices_get(found, c_size_t(i)).contents for i in range(library.alexcl_devices_count(found))]
        return [Device(d.index, d.name.decode(), KINDS[d.kind], d.vendor.decode(), d.driver.decode(), d.platform_name.decode(), d.compute_units,
                       d.clock_mhz, d.memory, bool(d.usable), d.why.decode()) for d in infos]
    finally:
        library.alexcl_devices_free(found)


def models():
    """Names of the built-in models."""
    names, index = [], 0
    while True:
        model = library.alexcl_model_get(c_size_t(index))
        if not model:
            return names
        if not library.alexcl_model_hidden(model):
            names.append(model.contents.name.decode())
        index += 1


class _Opened:
    """Model, weights and selection that a net is made from, and what they lean on; freed in the order in which they were made, backwards."""
    def __init__(self):
        self.frees = []
        self.model, self.weights, self.selection, self.file = POINTER(Model)(), c_void_p(), c_void_p(), None

    def keep(self, function, thing):
        self.frees.append((function, thing))

    def close(self):
        while self.frees:
            function, thing = self.frees.pop()
            getattr(library, function)(thing)

    def find_model(self, name):
        """A built-in model's, else a file's that describes a net: whether it has its weights too."""
        try:
            call("alexcl_model_find", text(name), byref(self.model))
            return False
        except Error:
            if not any(c in str(name) for c in "/."):
                raise
        weights = c_int()
        call("alexcl_model_open", text(name), byref(self.model), byref(weights))
        self.keep("alexcl_model_free", self.model)
        return bool(weights.value)

    def open_weights(self, model, weights, last_layer=None):
        """weights: a file; an int: synthetic ones of this seed; None: those that the model's own file has."""
        own = self.find_model(model) if model is not None else False
        if isinstance(weights, int):
            if model is None:
                raise Error("synthetic weights are of a model: name one")
            call("alexcl_weights_generate", self.model, c_uint64(weights), None, None, c_size_t(0), byref(self.weights))
        elif weights is not None:
            self.file, why = c_void_p(), ctypes.c_char_p()
            call("alexcl_weights_file_open", text(weights), byref(self.file))
            self.keep("alexcl_weights_file_free", self.file)
            call("alexcl_weights_file_model", self.file, self.model if model is not None else None, byref(self.model), byref(why))
            call("alexcl_weights_file_weights", self.file, self.model, text(last_layer), byref(self.weights))
        elif own:
            call("alexcl_weights_open", text(model), self.model, text(last_layer), byref(self.weights))
        else:
            raise Error("weights: name a file of weights, or give an int, the seed of synthetic ones")
        self.keep("alexcl_weights_free", self.weights)

    def read_tensor(self, name):
        """A tensor of the file of weights, in one row."""
        index = 0
        while self.file:
            tensor = library.alexcl_weights_file_tensor(self.file, c_size_t(index))
            if not tensor:
                break
            if tensor.contents.name.decode() == name:
                values = numpy.empty(int(numpy.prod(tensor.contents.shape[:tensor.contents.dims])), numpy.float32)
                call("alexcl_weights_file_read", self.file, c_size_t(index), _floats(values), c_size_t(values.size))
                return values
            index += 1
        raise Error("there is no tensor %s in the weights" % name)

    def open_selection(self, devices):
        call("alexcl_selection_open", text(devices), byref(self.selection))
        self.keep("alexcl_selection_free", self.selection)

    def change_classes(self, classes):
        if classes is None:
            return
        changed = POINTER(Model)()
        call("alexcl_model_derive", self.model, byref(ModelChange(classes=classes)), byref(changed))
        self.keep("alexcl_model_free", changed)
        self.model = changed


def _array(x, shape, name):
    """x as C-contiguous float32 of this shape behind the first axis; itself where it is so."""
    x = numpy.ascontiguousarray(x, numpy.float32)
    if x.shape[1:] != shape or x.ndim != len(shape) + 1:
        raise ValueError("%s: %s where N x %s is due" % (name, " x ".join(map(str, x.shape)) or "a number", " x ".join(map(str, shape))))
    return x


def _floats(array):
    return array.ctypes.data_as(POINTER(c_float))


class _Net:
    """What Net and Trainer share: the model, one use at a time, and being closed."""
    _free = None

    def __init__(self):
        self._opened, self._handle, self._cancel, self._lock = _Opened(), c_void_p(), Cancel(), threading.RLock()

    def _settings(self, given):
        unknown = set(given) - {name for name, _ in Settings._fields_[1:]}
        if unknown:
            raise TypeError("no such setting: %s" % ", ".join(sorted(unknown)))
        return Settings(**{name: text(value) for name, value in given.items()})

    @property
    def model(self):
        """The model's name."""
        return self._opened.model.contents.name.decode()

    @property
    def input_shape(self):
        """C, H, W of an image."""
        model = self._opened.model.contents
        return model.channels, model.height, model.width

    @property
    def scale(self):
        """value = (pixel * scale - mean) / std, of pixels 0 .. 255."""
        return self._opened.model.contents.scale

    def _per_channel(self, values, default):
        return numpy.array([values[c] if values else default for c in range(self._opened.model.contents.channels)])

    @property
    def mean(self):
        return self._per_channel(self._opened.model.contents.mean, 0.0)

    @property
    def std(self):
        return self._per_channel(self._opened.model.contents.std, 1.0)

    @property
    def devices(self):
        """Where it runs, in a line."""
        return library.alexcl_selection_why(self._opened.selection).decode()

    def _use(self):
        if not self._handle:
            raise ValueError("it is closed")
        return self._handle

    def close(self):
        with self._lock:
            if self._handle:
                getattr(library, self._free)(self._handle)
                self._handle = c_void_p()
            self._opened.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def __del__(self):
        if hasattr(self, "_lock"):
            self.close()


class Net(_Net):
    """A net that computes scores.

    model: a built-in one's name or a file that describes a net (.onnx, .prototxt); None: the one that the weights are for.
    weights: a file (safetensors, .pth, .h5, .keras, .caffemodel, .onnx); an int: synthetic ones of this seed; None: the model file's own.
    devices: as `alexcl --devices` takes them ("0,1", "gpu", "0/2", "ref"); None: the default.
    batch: images computed at once. last_layer: the net ends there, and weights of later layers need not be in the file. outputs: names of layers whose values are handed out; None: the last one's. split, reproducible: as in
    alexcl_net_options. Others are alexcl_settings: weights_precision="int8", check="off" ..."""
    _free = "alexcl_net_free"

    def __init__(self, model=None, weights=None, devices=None, *, batch=16, last_layer=None, outputs=None, split=None, reproducible=False,
                 **settings):
        super().__init__()
        self._arguments = {"batch": batch, "split": split, "reproducible": reproducible, **settings}
        self._others = {}  # {names of layers: the net that makes them}
        outputs = [last_layer] if last_layer and not outputs else outputs
        try:
            self._opened.open_weights(model, weights, last_layer)
            self._opened.open_selection(devices)
            self._handle = self._open(outputs)
        except BaseException:
            self.close()
            raise

    def _open(self, outputs, model=None, weights=None):
        given = dict(self._arguments)
        names, count = texts(outputs)
        options = NetOptions(batch=given.pop("batch"), reproducible=int(given.pop("reproducible")), split=text(given.pop("split")),
                             cancel=self._cancel.function, outputs=names if count else None, output_count=count)
        options.settings = ctypes.pointer(self._settings(given))
        handle = c_void_p()
        call("alexcl_net_open", model or self._opened.model, weights or self._opened.weights, self._opened.selection, byref(options), byref(handle), cancel=self._cancel)
        return handle

    @staticmethod
    def _shapes(handle):
        shapes = POINTER(Shape)()
        return [(s.c, s.h, s.w) if (s.h, s.w) != (1, 1) else (s.c,) for s in (shapes[i] for i in range(library.alexcl_net_outputs(handle, byref(shapes))))]

    def _run(self, handle, x, shape=None):
        x = _array(x, shape or self.input_shape, "images")
        shapes = self._shapes(handle)
        sizes = [int(numpy.prod(shape)) for shape in shapes]
        out = numpy.empty((len(x), sum(sizes)), numpy.float32)
        if len(x):
            call("alexcl_net_run", handle, _floats(x), c_size_t(len(x)), _floats(out), cancel=self._cancel)
        if len(shapes) == 1:
            return out.reshape((len(x), *shapes[0]))
        ends = numpy.cumsum(sizes)
        return [out[:, end - size:end].reshape((len(x), *shape)) for end, size, shape in zip(ends, sizes, shapes)]

    @property
    def output_shapes(self):
        """Of each output, one image."""
        with self._lock:
            return self._shapes(self._use())

    def infer(self, x):
        """Scores of images, N x outputs; with several outputs a list of arrays."""
        with self._lock:
            return self._run(self._use(), x)

    def features(self, layer, x):
        """A layer's values, N x its shape; with a list of layers a list of arrays. What it takes stays open with the net."""
        names = (layer,) if isinstance(layer, str) else tuple(layer)
        with self._lock:
            self._use()
            if names not in self._others:
                self._others[names] = self._open(names)
            found = self._run(self._others[names], x)
        return found if len(names) > 1 or isinstance(layer, str) else [found]

    def distance(self, a, b):
        """LPIPS, net "alex", version 0.1: how far pictures of a are from those of b, pair by pair; one in a or in b is compared with all of the other.
        Pixels 0 .. 255, RGB, N x 3 x H x W. The net is one of torchvision's AlexNet up to relu5 whose weights have the heads lin0 .. lin4:
        Net(weights="alexnet_torchvision_conv_lpips.safetensors", last_layer="relu5")."""
        a, b = numpy.asarray(a), numpy.asarray(b)
        with self._lock:
            self._use()
            heads = [self._opened.read_tensor("lin%d.model.1.weight" % i).astype(float) for i in range(len(LPIPS_LAYERS))]
            values = [self._lpips_values(x) for x in (a, b)]
        total = 0.0
        for head, x, y in zip(heads, *values):
            total = total + ((x - y) ** 2 * head[:, None, None]).sum(axis=1).mean(axis=(1, 2))
        return total

    def _lpips_values(self, pixels):
        """Of each layer the values, scaled to length 1 over the channels of a pixel."""
        if pixels.ndim != 4 or pixels.shape[1] != 3:
            raise ValueError("pictures: N x 3 x H x W is due")
        x = ((2 * pixels.astype(float) / 255 - 1) - numpy.reshape((-.030, -.088, -.188), (3, 1, 1))) / numpy.reshape((.458, .448, .450), (3, 1, 1))
        key = ("lpips", *pixels.shape[2:])
        if key not in self._others:
            changed, weights = POINTER(Model)(), c_void_p()
            call("alexcl_model_derive", self._opened.model, byref(ModelChange(height=pixels.shape[2], width=pixels.shape[3])), byref(changed))
            self._opened.keep("alexcl_model_free", changed)
            call("alexcl_weights_file_weights", self._opened.file, changed, text(LPIPS_LAYERS[-1]), byref(weights))
            try:
                self._others[key] = self._open(LPIPS_LAYERS, changed, weights)
            finally:
                library.alexcl_weights_free(weights)
        return [v / (numpy.sqrt((v * v).sum(axis=1, keepdims=True)) + 1e-10)
                for v in (v.astype(float) for v in self._run(self._others[key], x, tuple(pixels.shape[1:])))]

    def close(self):
        with self._lock:
            for handle in self._others.values():
                library.alexcl_net_free(handle)
            self._others = {}
            super().close()


class Trainer(_Net):
    """A net that is trained, step by step.

    model, devices: as of Net. weights: None: new ones, as the recipe says; a file; an int: synthetic ones. classes: outputs of the last layer that
    has weights, of new ones. recipe: paper, 2012, caffe, keras; values: its fields that are set otherwise, {"batch": 64, "lr": 0.02}.
    frozen, fresh: names of layers that stay as they are, or that begin anew. Others are alexcl_settings."""
    _free = "alexcl_train_free"

    def __init__(self, model=None, weights=None, devices=None, *, classes=None, recipe="paper", values=None, seed=0, micro_batch=0, frozen=None,
                 fresh=None, **settings):
        super().__init__()
        try:
            if weights is None:
                self._opened.find_model("alexnet" if model is None else model)
                self._opened.change_classes(classes)
            else:
                self._opened.open_weights(model, weights)
            self._opened.open_selection(devices)
            rows = [RecipeValue(text(field), text(str(value))) for field, value in (values or {}).items()]
            names, counts = zip(texts(frozen), texts(fresh))
            options = self._options(settings, micro_batch, recipe=text(recipe), values=(RecipeValue * len(rows))(*rows), value_count=len(rows), seed=seed,
                                    frozen=names[0], frozen_count=counts[0], fresh=names[1], fresh_count=counts[1])
            call("alexcl_train_open", self._opened.model, self._opened.weights if weights is not None else None, self._opened.selection, byref(options),
                 byref(self._handle), cancel=self._cancel)
        except BaseException:
            self.close()
            raise

    def _options(self, settings, micro_batch, **more):
        options = TrainOptions(micro_batch=micro_batch, cancel=self._cancel.function, **more)
        options.settings = ctypes.pointer(self._settings(settings))
        return options

    @classmethod
    def resume(cls, path, model=None, devices=None, *, micro_batch=0, **settings):
        """Goes on from a checkpoint, with its recipe and seed. model None: the one that the checkpoint is of."""
        self = cls.__new__(cls)
        _Net.__init__(self)
        try:
            self._opened.open_weights(model, path)
            self._opened.open_selection(devices)
            options = self._options(settings, micro_batch)
            call("alexcl_train_resume", text(path), self._opened.model, self._opened.selection, byref(options), byref(self._handle), cancel=self._cancel)
        except BaseException:
            self.close()
            raise
        return self

    def _batch(self, function, x, y):
        x, y = _array(x, self.input_shape, "images"), numpy.ascontiguousarray(y, numpy.int32)
        if y.shape != (len(x),):
            raise ValueError("labels: %d are due, one an image" % len(x))
        batch, result = TrainBatch(_floats(x), y.ctypes.data_as(POINTER(c_int)), len(x)), TrainResult()
        with self._lock:
            call(function, self._use(), byref(batch), byref(result), cancel=self._cancel)
        return Result(result.loss, result.top1_wrong, result.top5_wrong, result.rate)

    def step(self, x, y):
        """Forward, backward, update on images x and their classes y."""
        return self._batch("alexcl_train_step", x, y)

    def evaluate(self, x, y):
        """The loss, and what is wrong, without dropout; changes nothing."""
        return self._batch("alexcl_train_evaluate", x, y)

    def end_epoch(self, error=float("nan")):
        """To be called when an epoch ends, with the validation error, by which a plateau schedule lowers the rate."""
        with self._lock:
            call("alexcl_train_end_epoch", self._use(), ctypes.c_double(error))

    def save(self, path):
        """A checkpoint, which any command takes as weights."""
        with self._lock:
            call("alexcl_train_save", self._use(), text(path), None, c_size_t(0))

    @property
    def batch(self):
        """Images of a step, at most."""
        return library.alexcl_train_batch_size(self._use())

    @property
    def steps(self):
        return library.alexcl_train_steps(self._use())
