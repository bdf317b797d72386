# SPDX-License-Identifier: MIT
"""One peer, one net, one batch, in a process of its own: worker.py PEER NET BATCH THREADS FOLDER.

FOLDER has <model>.safetensors, <net>-<batch>.npy and, but for the peer "onnx" which makes it, <net>.onnx. A line of JSON comes out when
the net is ready; then each line that comes in is answered by one: {"answer": FILE} saves the scores as .npy, {"run": N} runs N batches and
gives the seconds of each. A batch begins with numpy values in memory and ends with numpy scores."""
import json
import os
import struct
import sys
import time

import numpy

from nets import NETS


def weights(folder, model):
    with open(os.path.join(folder, model + ".safetensors"), "rb") as file:
        length = struct.unpack("<Q", file.read(8))[0]
        header = json.loads(file.read(length))
        data = numpy.frombuffer(file.read(), numpy.uint8)
    return {name: data[t["data_offsets"][0]:t["data_offsets"][1]].view(numpy.float32).reshape(t["shape"]) for name, t in header.items()
            if name != "__metadata__"}


def make_onnx(net, folder, path):
    import onnx
    from onnx import TensorProto, helper, numpy_helper
    tensors, nodes, at = weights(folder, net["model"]), [], "x"
    for i, (kind, *p) in enumerate(net["rows"]):
        to = "y" if i == len(net["rows"]) - 1 else "v%d" % i
        if kind == "conv":
            name, stride, pad, groups = p
            kernel = list(tensors[name + ".weight"].shape[2:])
            nodes.append(helper.make_node("Conv", [at, name + ".weight", name + ".bias"], [to], kernel_shape=kernel, strides=[stride] * 2, pads=[pad] * 4,
                                          group=groups))
        elif kind == "fc":
            nodes.append(helper.make_node("Gemm", [at, p[0] + ".weight", p[0] + ".bias"], [to], transB=1))
        elif kind == "lrn":
            nodes.append(helper.make_node("LRN", [at], [to], size=p[0], bias=p[1], alpha=p[2], beta=p[3]))
        elif kind == "pool":
            nodes.append(helper.make_node("MaxPool", [at], [to], kernel_shape=[3, 3], strides=[2, 2]))
        elif kind == "softmax":
            nodes.append(helper.make_node("Softmax", [at], [to], axis=1))
        else:
            nodes.append(helper.make_node({"relu": "Relu", "flat": "Flatten"}[kind], [at], [to]))
        at = to
    graph = helper.make_graph(nodes, net["model"], [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", *net["input"]])],
                              [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["N", 1000])],
                              [numpy_helper.from_array(v, name) for name, v in tensors.items()])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    onnx.save(model, path)


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
    def __init__(self, net, x, threads, onnx_path, streams=1):
        import openvino
        from openvino import properties
        self.version = openvino.__version__.split("-")[0]
        core = openvino.Core()
        model = core.read_model(onnx_path)
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
    def __init__(self, net, x, threads, onnx_path):
        import onnxruntime
        self.version = onnxruntime.__version__
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.add_free_dimension_override_by_name("N", len(x))
        self.x, self.session = x, onnxruntime.InferenceSession(onnx_path, options, providers=["CPUExecutionProvider"])

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


def open_peer(name, key, x, threads, folder):
    net = NETS[key]
    onnx_path = os.path.join(folder, key + ".onnx")
    if name == "openvino":
        return OpenVINO(net, x, threads, onnx_path)
    if name == "openvino-streams":
        return OpenVINO(net, x, threads, onnx_path, streams=threads)
    if name == "onnxruntime":
        return ONNXRuntime(net, x, threads, onnx_path)
    tensors = weights(folder, net["model"])
    return Torch(net, x, threads, tensors) if name == "torch" else Tinygrad(net, x, threads, tensors)


def main():
    name, key, batch, threads, folder = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), sys.argv[5]
    answers = os.fdopen(os.dup(1), "w")  # what libraries print must not come between
    os.dup2(2, 1)

    def tell(**what):
        print(json.dumps(what), file=answers, flush=True)

    try:
        if name == "onnx":
            make_onnx(NETS[key], folder, os.path.join(folder, key + ".onnx"))
            tell(ready=True, version="")
            return
        peer = open_peer(name, key, numpy.load(os.path.join(folder, "%s-%d.npy" % (key, batch))), threads, folder)
        for _ in range(3):  # tinygrad records its kernels in the second
            peer.run()
        tell(ready=True, version=peer.version)
        for line in sys.stdin:
            order = json.loads(line)
            if "answer" in order:
                numpy.save(order["answer"], numpy.ascontiguousarray(peer.run(), dtype=numpy.float32))
                tell(done=True)
            else:
                import resource
                seconds = peer.batches(order["run"])
                tell(seconds=seconds, peak_kib=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
    except Exception as error:
        tell(error="%s: %s" % (type(error).__name__, str(error).strip().split("\n")[0][:200]))
        raise


if __name__ == "__main__":
    main()
