#!/usr/bin/env python3
"""labels_by_torch.py NET.pth PICTURE...: the class that PyTorch gives each picture, one a line: PATH CLASS PROBABILITY.

NET.pth holds weights of tiny2t under torchvision's names of AlexNet's layers. The net is written out here with PyTorch's
own operators, pictures are read and resized by Pillow: nothing of it comes from alexcl but the net's constants."""
import sys

import numpy
import torch
import torch.nn.functional as F
from PIL import Image

SIDE, CROP, MEAN = 113, 99, (123.68, 116.779, 103.939)

state = torch.load(sys.argv[1], weights_only=True)


def picture(path):
    """1 x 3 x CROP x CROP: the shorter side resized to SIDE, the middle cut out, the mean of each colour taken away."""
    image = Image.open(path).convert("RGB")
    shorter = min(image.size)
    image = image.resize([int(side * SIDE / shorter) for side in image.size], Image.BILINEAR)  # rounded down, as torchvision does
    left, top = ((side - CROP) // 2 for side in image.size)
    image = image.crop((left, top, left + CROP, top + CROP))
    return (torch.tensor(numpy.array(image, numpy.float32)) - torch.tensor(MEAN)).permute(2, 0, 1)[None]


def parameters(name):
    return state[f"{name}.weight"], state[f"{name}.bias"]


def norm(x):
    """Equation of section 3.3, of each half's channels; PyTorch divides alpha by the window's 5 channels."""
    return torch.cat([F.local_response_norm(half, 5, alpha=5e-4, beta=0.75, k=2) for half in x.chunk(2, 1)], 1)


def scores(x):
    def conv(x, name, groups, **window):
        return F.relu(F.conv2d(x, *parameters(name), groups=groups, **window))

    x = F.max_pool2d(norm(conv(x, "features.0", 1, stride=4)), 3, 2)
    x = F.max_pool2d(norm(conv(x, "features.3", 2, padding=2)), 3, 2)
    x = conv(x, "features.6", 1, padding=1)
    x = conv(x, "features.8", 2, padding=1)
    x = F.max_pool2d(conv(x, "features.10", 2, padding=1), 3, 2).flatten(1)
    for name in "classifier.1", "classifier.4":
        x = F.relu(F.linear(x, *parameters(name))) * 0.5  # the paper's dropout: halved when it is used, not when it is trained
    return F.softmax(F.linear(x, *parameters("classifier.6")), 1)[0]


for path in sys.argv[2:]:
    p = scores(picture(path))
    print(path, int(p.argmax()), f"{float(p.max()):.4f}")
