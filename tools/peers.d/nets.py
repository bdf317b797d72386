# SPDX-License-Identifier: MIT
"""The two nets that the peers compute, as rows that each builds its own graph from. LRN's alpha is written as they write it: times the
window (alexcl's tables have it on the plain sum: runtime/graph/model_alexnet.c)."""

CONV3_TO_POOL5 = lambda groups: [
    ("conv", "conv3", 1, 1, 1), ("relu",), ("conv", "conv4", 1, 1, groups), ("relu",), ("conv", "conv5", 1, 1, groups), ("relu",), ("pool",)]
FLAT_TO_PROB = [("flat",), ("fc", "fc6"), ("relu",), ("fc", "fc7"), ("relu",), ("fc", "fc8"), ("softmax",)]
CAFFE_LRN = ("lrn", 5, 1.0, 1e-4, 0.75)  # window, k, alpha, beta

SIDE, CLASSES = 256, 1000  # of the pictures to train with

# conv: name, stride, pad, groups. pool: 3x3, stride 2.
NETS = {
    "T": {
        "model": "alexnet-caffe", "input": (3, 227, 227), "scale": 1.0, "mean": (104.0069879, 116.6687676, 122.6789143), "std": (1.0, 1.0, 1.0),
        "rows": [("conv", "conv1", 4, 0, 1), ("relu",), CAFFE_LRN, ("pool",), ("conv", "conv2", 1, 2, 2), ("relu",), CAFFE_LRN, ("pool",)]
        + CONV3_TO_POOL5(2) + FLAT_TO_PROB,
    },
    "V": {
        "model": "alexnet-torchvision", "input": (3, 224, 224), "scale": 1 / 255, "mean": (0.485, 0.456, 0.406), "std": (0.229, 0.224, 0.225),
        "rows": [("conv", "conv1", 4, 2, 1), ("relu",), ("pool",), ("conv", "conv2", 1, 2, 1), ("relu",), ("pool",)]
        + CONV3_TO_POOL5(1) + FLAT_TO_PROB,
    },
}
