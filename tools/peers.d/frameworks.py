# SPDX-License-Identifier: MIT
"""Each framework as a well-informed user would run it: float, the given threads, memory taken once."""
import os
import time

import numpy

from models import weights


class Peer:
    """run() computes one batch; batches(n) gives the seconds of each of n."""
    version = ""

    def batches(self, count):
        seconds = []
        for _ in range(count):
            start = time.perf_counter()
            self.run()
            seconds.append(time.perf_counter() - start)
        return seconds


class OpenVINO(Peer):
    def __init__(self, net, x, threads, path, streams=1):
        import openvino
        from openvino import properties
        self.version = openvino.__version__.split("-")[0]
        core = openvino.Core()
        model = core.read_model(path)
        model.reshape([len(x), *net["input"]])
        throughput = streams > 1
        settings = {properties.inference_num_threads(): threads, properties.num_streams(): streams,
                    properties.hint.inference_precision(): openvino.Type.f32,
                    properties.hint.performance_mode(): properties.hint.PerformanceMode.THROUGHPUT if throughput else properties.hint.PerformanceMode.LATENCY}
        compiled = core.compile_model(model, "CPU", settings)
        self.x, self.requests = x, [compiled.create_infer_request() for _ in range(streams)]

    def run(self):
        result = self.requests[0].infer({0: self.x}, share_inputs=True, share_outputs=True)
        return numpy.array(result[0])

    def batches(self, count):
        if len(self.requests) == 1:
            return super().batches(count)
        start = time.perf_counter()  # a batch in every stream at the same time
        for i in range(count * len(self.requests)):
            request = self.requests[i % len(self.requests)]
            if i >= len(self.requests):
                request.wait()
                numpy.array(request.get_output_tensor().data)
            request.start_async({0: self.x}, share_inputs=True)
        for request in self.requests:
            request.wait()
            numpy.array(request.get_output_tensor().data)
        return [(time.perf_counter() - start) / (count * len(self.requests))] * count


class ONNXRuntime(Peer):
    def __init__(self, net, x, threads, path):
        import onnxruntime
        self.version = onnxruntime.__version__
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.add_free_dimension_override_by_name("N", len(x))
        self.x, self.session = x, onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])

    def run(self):
        return self.session.run(None, {"x": self.x})[0]


class Torch(Peer):
    def __init__(self, net, x, threads, tensors):
        import torch
        import torch_net
        self.version = torch.__version__.split("+")[0]
        torch.set_num_threads(threads)
        last = torch.channels_last
        self.torch, self.x = torch, x
        t = {name: torch.from_numpy(numpy.array(v)) for name, v in tensors.items()}
        t = {name: v.to(memory_format=last) if v.dim() == 4 else v for name, v in t.items()}

        self.forward = lambda v: torch.softmax(torch_net.scores(net, t, v), 1)

    def run(self):
        with self.torch.inference_mode():
            return self.forward(self.torch.from_numpy(self.x)).numpy()


class MNN(Peer):
    def __init__(self, net, x, threads, path):
        import MNN as mnn
        self.version = mnn.version()
        self.mnn, self.x, self.net = mnn, x, mnn.Interpreter(path)
        self.session = self.net.createSession({"backend": "CPU", "numThread": threads, "precision": "high", "memory": "high", "power": "high"})
        self.input = self.net.getSessionInput(self.session)
        self.net.resizeTensor(self.input, x.shape)
        self.net.resizeSession(self.session)

    def host(self, values):
        return self.mnn.Tensor(values.shape, self.mnn.Halide_Type_Float, values, self.mnn.Tensor_DimensionType_Caffe)

    def run(self):
        self.input.copyFrom(self.host(self.x))
        self.net.runSession(self.session)
        scores = self.host(numpy.empty((len(self.x), 1000), numpy.float32))
        self.net.getSessionOutput(self.session).copyToHostTensor(scores)
        return numpy.array(scores.getNumpyData())


class Ncnn(Peer):
    def __init__(self, net, x, threads, stem):
        import ncnn
        self.version = ncnn.__version__
        self.ncnn, self.x, self.net = ncnn, x, ncnn.Net()
        options = self.net.opt
        options.num_threads = threads
        options.use_fp16_packed = options.use_fp16_storage = options.use_fp16_arithmetic = options.use_bf16_packed = options.use_bf16_storage = False
        self.pools = ncnn.PoolAllocator(), ncnn.PoolAllocator()  # memory of one run is that of the next
        options.blob_allocator, options.workspace_allocator = self.pools
        if self.net.load_param(stem + ".param") or self.net.load_model(stem + ".bin"):
            raise RuntimeError("ncnn cannot load the net")

    def run(self):
        extractor = self.net.create_extractor()
        extractor.input("x", self.ncnn.Mat(self.x, 0))  # 0: the axis of the batch
        status, scores = extractor.extract("y")
        if status:
            raise RuntimeError("ncnn: status %d" % status)
        return numpy.array(scores.numpy("f", 0))


class Tinygrad(Peer):
    """On the OpenCL platform that OCL_ICD_VENDORS shows."""
    def __init__(self, net, x, threads, tensors):
        from importlib.metadata import version
        from tinygrad import Device, Tensor, TinyJit
        if Device.DEFAULT != "CL":
            raise RuntimeError("tinygrad chose %s, not OpenCL" % Device.DEFAULT)
        self.version = version("tinygrad")
        t = {name: Tensor(numpy.array(v)).realize() for name, v in tensors.items()}

        def lrn(v, size, k, alpha, beta):
            half, c = size // 2, v.shape[1]
            squares = (v * v).pad((None, (half, half), None, None))
            total = sum((squares[:, i:i + c] for i in range(1, size)), squares[:, :c])
            return v / (total * (alpha / size) + k).pow(beta)

        def forward(v):
            for kind, *p in net["rows"]:
                if kind == "conv":
                    v = v.conv2d(t[p[0] + ".weight"], t[p[0] + ".bias"], groups=p[3], stride=p[1], padding=p[2])
                elif kind == "fc":
                    v = v.linear(t[p[0] + ".weight"].transpose(), t[p[0] + ".bias"])
                elif kind == "lrn":
                    v = lrn(v, *p)
                elif kind == "pool":
                    v = v.max_pool2d((3, 3), 2)
                elif kind == "relu":
                    v = v.relu()
                elif kind == "flat":
                    v = v.flatten(1)
                else:
                    v = v.softmax(1)
            return v.realize()
        self.tensor, self.x, self.forward = Tensor, x, TinyJit(forward)

    def run(self):
        return self.forward(self.tensor(self.x)).numpy()


def open_peer(name, key, net, x, threads, folder):
    stem = os.path.join(folder, key)
    if name.startswith("openvino"):
        return OpenVINO(net, x, threads, stem + ("-int8.xml" if name == "openvino-int8" else ".onnx"), threads if name == "openvino-streams" else 1)
    if name in ("onnxruntime", "mnn", "ncnn"):
        kind, end = {"onnxruntime": (ONNXRuntime, ".onnx"), "mnn": (MNN, ".mnn"), "ncnn": (Ncnn, "")}[name]
        return kind(net, x, threads, stem + end)
    return {"torch": Torch, "tinygrad": Tinygrad}[name](net, x, threads, weights(folder, net["model"]))
