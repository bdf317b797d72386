# SPDX-License-Identifier: MIT
"""libalexcl by ctypes: where it is found, the structures and functions of alexcl.h and alexcl_train.h that this module
uses, and how a call is made: a failure is raised, Ctrl-C ends it, and the GIL is not held meanwhile."""
import atexit
import ctypes
import ctypes.util
import glob
import logging
import os
import threading
from ctypes import POINTER, c_char_p, c_double, c_float, c_int, c_size_t, c_uint, c_uint64, c_void_p

API = 0x00010300  # alexcl.h: ALEXCL_API_VERSION. The same major is asked for, and at least this minor.
INTERRUPTED = -10130
log = logging.getLogger("alexcl")

PROGRESS = ctypes.CFUNCTYPE(None, c_void_p, c_char_p, c_uint, c_uint)
CANCEL = ctypes.CFUNCTYPE(c_int, c_void_p)
LOG = ctypes.CFUNCTYPE(None, c_void_p, c_int, c_char_p)


class ErrorStruct(ctypes.Structure):
    _fields_ = [("status", c_int), ("cl_code", c_int), ("target", c_int), ("layer", ctypes.c_char * 256), ("text", ctypes.c_char * 4096)]


class Shape(ctypes.Structure):
    _fields_ = [("c", c_int), ("h", c_int), ("w", c_int)]


class DeviceInfo(ctypes.Structure):
    _fields_ = [("index", c_int), ("platform", c_int), ("device", c_int), ("kind", c_int), ("name", ctypes.c_char * 256),
                ("vendor", ctypes.c_char * 128), ("driver", ctypes.c_char * 128), ("vendor_id", c_uint), ("version", ctypes.c_char * 128),
                ("c_version", ctypes.c_char * 128), ("platform_name", ctypes.c_char * 128), ("platform_version", ctypes.c_char * 256),
                ("compute_units", c_uint), ("clock_mhz", c_uint), ("memory", c_uint64), ("max_alloc", c_uint64), ("local_memory", c_uint64),
                ("max_work_group_size", c_uint64), ("unified_memory", c_int), ("parts", c_uint), ("hardware", ctypes.c_char * 128),
                ("usable", c_int), ("why", ctypes.c_char * 256), ("alias_of", c_int), ("maybe_alias_of", c_int),
                ("extensions", ctypes.c_char * 8192), ("float16", c_int), ("float64", c_int), ("images", c_int), ("vector_half", c_uint),
                ("vector_float", c_uint), ("vector_double", c_uint), ("sub_group", c_uint), ("image_width", c_uint64), ("image_height", c_uint64)]


class Sized(ctypes.Structure):
    """A structure that begins with its own size."""
    def __init__(self, **fields):
        super().__init__(size=ctypes.sizeof(type(self)), **fields)


class Settings(Sized):
    _fields_ = [("size", c_size_t)] + [(name, c_char_p) for name in (
        "weights_precision", "gemm", "tune", "check", "sync", "build_options", "kernel_folder", "cache_folder", "cache_limit", "no_cache")]


class Model(ctypes.Structure):
    """As far as it is read here."""
    _fields_ = [("size", c_size_t), ("name", c_char_p), ("about", c_char_p), ("channels", c_int), ("height", c_int), ("width", c_int),
                ("colour", c_int), ("resize", c_int), ("scale", c_double), ("mean", POINTER(c_double)), ("std", POINTER(c_double)),
                ("layers", c_void_p), ("layer_count", c_size_t), ("layer_size", c_size_t), ("aliases", c_void_p)]


class ModelChange(Sized):
    _fields_ = [("size", c_size_t), ("classes", c_int), ("height", c_int), ("width", c_int)]


class NetOptions(Sized):
    _fields_ = [("size", c_size_t), ("batch", c_int), ("memory", c_uint64), ("host_fixed", c_uint64), ("host_image", c_uint64),
                ("last_layer", c_char_p), ("reproducible", c_int), ("split", c_char_p), ("settings", POINTER(Settings)), ("progress", PROGRESS),
                ("cancel", CANCEL), ("user", c_void_p), ("outputs", POINTER(c_char_p)), ("output_count", c_size_t)]


class RecipeValue(ctypes.Structure):
    _fields_ = [("field", c_char_p), ("value", c_char_p)]


class TrainOptions(Sized):
    _fields_ = [("size", c_size_t), ("recipe", c_char_p), ("values", POINTER(RecipeValue)), ("value_count", c_size_t), ("seed", c_uint64),
                ("micro_batch", c_int), ("memory", c_uint64), ("frozen", POINTER(c_char_p)), ("frozen_count", c_size_t),
                ("fresh", POINTER(c_char_p)), ("fresh_count", c_size_t), ("settings", POINTER(Settings)), ("progress", PROGRESS),
                ("cancel", CANCEL), ("user", c_void_p)]


class TrainBatch(ctypes.Structure):
    _fields_ = [("images", POINTER(c_float)), ("labels", POINTER(c_int)), ("count", c_size_t)]


class TrainResult(Sized):
    _fields_ = [("size", c_size_t), ("loss", c_double), ("top1_wrong", c_size_t), ("top5_wrong", c_size_t), ("rate", c_double)]


class WeightsTensor(ctypes.Structure):
    _fields_ = [("name", c_char_p), ("type", c_char_p), ("dims", c_int), ("shape", c_uint64 * 4), ("bytes", c_uint64)]


class Error(Exception):
    """What failed in the library. `code`: OpenCL's or CLBlast's, 0 where there is none; `status`: one of alexcl.h;
    `place`: the target, 0 or 1, None where it is not known or both; `layer`: its name, None."""
    def __init__(self, text, status=0, code=0, place=None, layer=None):
        super().__init__(text)
        self.status, self.code, self.place, self.layer = status, code, place, layer


FAILS = (  # functions whose last argument is an alexcl_error, and which answer with a status
    "alexcl_devices_list", "alexcl_selection_open", "alexcl_model_open", "alexcl_model_derive", "alexcl_model_find", "alexcl_model_layer",
    "alexcl_weights_open", "alexcl_weights_generate", "alexcl_weights_file_open", "alexcl_weights_file_model", "alexcl_weights_file_weights",
    "alexcl_weights_file_read", "alexcl_net_open", "alexcl_net_run", "alexcl_train_open", "alexcl_train_step", "alexcl_train_evaluate",
    "alexcl_train_end_epoch", "alexcl_train_save", "alexcl_train_resume")
POINTERS = {"alexcl_devices_get": POINTER(DeviceInfo), "alexcl_weights_file_tensor": POINTER(WeightsTensor), "alexcl_model_get": POINTER(Model)}
TEXTS = ("alexcl_version", "alexcl_build_info", "alexcl_selection_why", "alexcl_weights_describe", "alexcl_devices_report")
COUNTS = ("alexcl_devices_count", "alexcl_net_outputs")


def find_library():
    """ALEXCL_LIBRARY, else the library beside this module, else the system's."""
    named = os.environ.get("ALEXCL_LIBRARY")
    if named:
        return named
    beside = sorted(glob.glob(os.path.join(glob.escape(os.path.dirname(os.path.abspath(__file__))), "libalexcl.so*")))
    return beside[0] if beside else ctypes.util.find_library("alexcl") or "libalexcl.so.1"


def load():
    path = find_library()
    try:
        library = ctypes.CDLL(path)
        there = library.alexcl_api_version()
    except (OSError, AttributeError) as why:
        raise Error("libalexcl is not found: %s; install it (alexcl's CMake with -DBUILD_SHARED_LIBS=ON), or set ALEXCL_LIBRARY to the "
                    "file libalexcl.so.1" % why) from None
    if there >> 16 != API >> 16 or there < API & ~0xff:
        raise Error("%s has version %d.%d.%d of its interface, this module needs %d.%d: install both of one version" % (
            path, there >> 16, there >> 8 & 255, there & 255, API >> 16, API >> 8 & 255))
    for name in FAILS:
        getattr(library, name).restype = c_int
    for name, kind in POINTERS.items():
        getattr(library, name).restype = kind
    for name in TEXTS:
        getattr(library, name).restype = c_char_p
    for name in COUNTS:
        getattr(library, name).restype = c_size_t
    library.alexcl_train_steps.restype = library.alexcl_train_epochs.restype = library.alexcl_train_seed.restype = c_uint64
    return library


LEVELS = (logging.ERROR, logging.WARNING, logging.INFO, logging.DEBUG)


@LOG
def _log(_, level, text):
    log.log(LEVELS[level], "%s", text.decode("utf-8", "replace"))


library = load()
library.alexcl_log_to(_log, None)
atexit.register(library.alexcl_log_to, None, None)


class Cancel:
    """Ends what a net computes: its function is the library's `cancel`."""
    def __init__(self):
        self.wanted = False
        self.function = CANCEL(lambda _: self.wanted)


def call(name, *arguments, cancel=None):
    """Calls a function of FAILS, which gets an error behind its arguments. With `cancel` in the main thread, where Ctrl-C arrives, the library runs
    in a thread of its own: that a signal came is only seen between two lines of Python."""
    error = ErrorStruct()
    function = getattr(library, name)

    answers, done = [], threading.Event()

    def run():
        try:
            answers.append(function(*arguments, ctypes.byref(error)))
        finally:
            done.set()

    if cancel is None or threading.current_thread() is not threading.main_thread():
        run()
    else:
        cancel.wanted = False
        thread = threading.Thread(target=run, name=name)
        try:
            thread.start()
            done.wait()  # not Thread.join, which, where a signal ends it, calls a thread ended that still runs
        except BaseException:
            cancel.wanted = True
            while thread.ident and not done.is_set():  # it uses the caller's arrays to its end, however often Ctrl-C is pressed
                try:
                    done.wait()
                except KeyboardInterrupt:
                    pass
            raise
    status = answers[0]
    if status == 0:
        return
    raise Error(error.text.decode("utf-8", "replace"), error.status, error.cl_code, error.target if error.target >= 0 else None,
                error.layer.decode("utf-8", "replace") or None)


def text(value):
    """A text for the library; None stays."""
    return None if value is None else os.fsencode(value)


def texts(values):
    """An array of texts, and how many."""
    values = [] if values is None else [text(value) for value in values]
    return (c_char_p * len(values))(*values), len(values)
