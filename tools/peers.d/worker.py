# SPDX-License-Identifier: MIT
"""One peer, one net, one batch, in a process of its own: worker.py PEER NET BATCH THREADS FOLDER.

FOLDER has <model>.safetensors, <net>-<batch>.npy and the files that the peer reads; a maker of models.py in the peer's place makes these and
ends. A line of JSON comes out when the net is ready; then each line that comes in is answered by one: {"answer": FILE} saves the scores as .npy,
{"run": N} runs N batches and gives the seconds of each. A batch begins with numpy values in memory and ends with numpy scores."""
import json
import os
import sys

import numpy

from frameworks import open_peer
from models import MAKERS
from nets import NETS


def main():
    name, key, batch, threads, folder = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), sys.argv[5]
    answers = os.fdopen(os.dup(1), "w")  # what libraries print must not come between
    os.dup2(2, 1)

    def tell(**what):
        print(json.dumps(what), file=answers, flush=True)

    try:
        if name in MAKERS:
            MAKERS[name](NETS[key], folder, os.path.join(folder, key))
            tell(ready=True, version="")
            return
        peer = open_peer(name, key, NETS[key], numpy.load(os.path.join(folder, "%s-%d.npy" % (key, batch))), threads, folder)
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
