# SPDX-License-Identifier: MIT
"""alexcl distance beside PyPI's lpips: one reference against 200 pictures, decoding included. tools/peers --distance runs it.

With one argument, a folder, it is the peer: it makes pictures there, and computes them once for each line on stdin (a batch size)."""
import json
import os
import statistics
import struct
import subprocess
import sys
import time

PICTURES, SIZES, BATCHES = 200, (64, 256), (1, 16)
AGREES = 1e-5  # largest difference of distances


# ---- the peer ------------------------------------------------------------------------------------

def make_pictures(photos, folder):
    import random
    from PIL import Image
    draw = random.Random(1)
    photos = [Image.open(p).convert("RGB") for p in photos]
    for size in SIZES:
        os.makedirs(os.path.join(folder, str(size)), exist_ok=True)
        for i in range(PICTURES + 1):
            photo = photos[i % len(photos)]
            side = draw.randint(size, min(photo.size))
            x, y = (draw.randint(0, length - side) for length in photo.size)
            photo.crop((x, y, x + side, y + side)).resize((size, size)).save(os.path.join(folder, str(size), "%03d.png" % i))


def load_weights(lpips, torch, path):
    """The trained net: torchvision's weights are not in the package, and are taken from alexcl's file."""
    import numpy
    with open(path, "rb") as file:
        header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
        data = file.read()
    header.pop("__metadata__", None)
    weights = {}
    for name, tensor in header.items():
        begin, end = tensor["data_offsets"]
        weights[name] = torch.from_numpy(numpy.frombuffer(data[begin:end], numpy.float32).reshape(tensor["shape"]).copy())
    net = lpips.LPIPS(net="alex", version="0.1", pretrained=True, pnet_rand=True, verbose=False)
    state = net.state_dict()
    for name in state:
        parts = name.split(".")
        if parts[0] == "net":  # net.slice2.3.weight is features.3.weight
            state[name] = weights["features." + ".".join(parts[2:])]
    net.load_state_dict(state)
    for i, head in enumerate(net.lins):  # the package's own heads are those that alexcl has
        assert torch.equal(head.model[1].weight, weights["lin%d.model.1.weight" % i]), "lin%d differs" % i
    return net.eval()


def peer(photos, weights, threads, folder):
    import warnings
    warnings.filterwarnings("ignore")
    import lpips
    import numpy
    import torch
    from PIL import Image
    torch.set_num_threads(threads)
    make_pictures(photos, folder)
    net = load_weights(lpips, torch, weights)
    print(json.dumps({"version": "torch " + torch.__version__}), flush=True)

    def read(path):
        return lpips.im2tensor(numpy.asarray(Image.open(path).convert("RGB")))

    for line in sys.stdin:
        size, batch = map(int, line.split())
        paths = [os.path.join(folder, str(size), "%03d.png" % i) for i in range(PICTURES + 1)]
        with torch.no_grad():
            net(read(paths[0]), read(paths[0]))
            start, distances = time.perf_counter(), []
            reference = read(paths[0])
            for i in range(1, PICTURES + 1, batch):
                others = torch.cat([read(p) for p in paths[i:i + batch]])
                distances += net(reference.expand(len(others), -1, -1, -1), others).flatten().tolist()
            seconds = time.perf_counter() - start
        print(json.dumps({"seconds": seconds, "distances": distances}), flush=True)


# ---- both ----------------------------------------------------------------------------------------

def ask(process, line=None):
    if line:
        process.stdin.write(line + "\n")
        process.stdin.flush()
    answer = process.stdout.readline()
    if not answer:
        sys.exit("peers: lpips ended: see above")
    return json.loads(answer)


def run_alexcl(job, runtime, size, times):
    folder = os.path.join(job.work, "distance", str(size))
    reference, *pictures = [os.path.join(folder, "%03d.png" % i) for i in range(PICTURES + 1)]
    done = subprocess.run([job.alexcl, "-q", "--devices", "0", "distance", reference, *pictures * times, "--format", "json"], capture_output=True, text=True,
                          env=dict(job.env, OCL_ICD_VENDORS=job.icd(runtime), OCL_ICD_FILENAMES=""))
    if done.returncode:
        sys.exit("peers: alexcl distance: " + done.stderr.strip())
    document = json.loads(done.stdout)
    return document["timing"]["seconds"], [i["distance"] for i in document["images"]]


def compare(job, process, size, rounds):
    seconds, starts, difference = {}, {}, 0
    for runtime in job.runtimes():
        run_alexcl(job, runtime, size, 1)  # kernels are compiled
    for _ in range(rounds):
        for batch in BATCHES:
            answer = ask(process, "%d %d" % (size, batch))
            seconds.setdefault("lpips, batch %d" % batch, []).append(answer["seconds"])
        for runtime in job.runtimes():
            once, distances = run_alexcl(job, runtime, size, 1)
            thrice, _ = run_alexcl(job, runtime, size, 3)
            # Of neither the start is counted: a run of three times the pictures takes two of them longer.
            seconds.setdefault("alexcl, " + runtime, []).append((thrice - once) / 2)
            starts.setdefault("alexcl, " + runtime, []).append(once - (thrice - once) / 2)
            difference = max([difference] + [abs(a - b) for a, b in zip(answer["distances"], distances)])
    rates = {name: PICTURES / statistics.median(spent) for name, spent in seconds.items()}
    fastest = max(rate for name, rate in rates.items() if name.startswith("lpips"))
    return {"pairs_per_s": rates, "seconds": seconds, "difference": difference,
            "start_s": {name: statistics.median(s) for name, s in starts.items()},
            "ratios": {name: rate / fastest for name, rate in rates.items() if name.startswith("alexcl")}}


def main():
    from job import Job, machine, parser
    p = parser("--distance", 5)
    p.add_argument("--sizes", default=",".join(map(str, SIZES)))
    p.add_argument("--format", choices=["text", "json"], default="text")
    options = p.parse_args()
    job = Job(options)
    if not job.has("lpips"):
        sys.exit("peers: lpips is not installed: tools/peers --distance without --installed installs it")
    photos = [os.path.join(options.root, "tools/photos", n) for n in ("astronaut.jpg", "coffee.jpg", "photographer.jpg", "rocket.jpg")]
    weights = os.path.join(options.root, "share/alexcl/alexnet_torchvision_conv_lpips.safetensors")
    process = subprocess.Popen([sys.executable, os.path.abspath(__file__), "--peer", *photos, weights, str(job.threads), os.path.join(job.work, "distance")],
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                               env=dict(job.env, PYTHONPATH=os.path.join(job.peers, "lpips"), PYTHONDONTWRITEBYTECODE="1"))
    document = {"machine": machine(), "load_at_start": job.load, "threads": job.threads, "rounds": options.rounds, "pictures": PICTURES}
    document["peer"] = "lpips 0.1.4, " + ask(process)["version"]
    document["sizes"] = {size: compare(job, process, int(size), options.rounds) for size in options.sizes.split(",")}
    process.stdin.close()
    process.wait()
    if options.format == "json":
        print(json.dumps(document, indent=2))
    else:
        print("%s; %d threads; load %.1f; %s" % (document["machine"], job.threads, job.load, document["peer"]))
        print("one reference against %d pictures, decoding included, without the programs' starts" % PICTURES)
        for size, cell in document["sizes"].items():
            for name, rate in cell["pairs_per_s"].items():
                ratio = "  %.1f times lpips" % cell["ratios"][name] if name in cell["ratios"] else ""
                print("%4s x %-4s %-18s %8.1f pairs/s%s" % (size, size, name, rate, ratio))
            print("%4s x %-4s largest difference %.1e" % (size, size, cell["difference"]))
    sys.exit(any(cell["difference"] > AGREES for cell in document["sizes"].values()))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--peer"]:
        peer(sys.argv[2:-3], sys.argv[-3], int(sys.argv[-2]), sys.argv[-1])
    else:
        main()
