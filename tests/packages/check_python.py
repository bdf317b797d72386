#!/usr/bin/env python3
"""check_python.py PROGRAM SOURCES: the Python module against the command line, on the reference, in a folder of its own.

ALEXCL_LIBRARY names the shared library. 77 without NumPy."""
import csv
import ctypes
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
import unittest

program, sources = sys.argv[1:3]
sys.path[:0] = [os.path.join(sources, "tools/python")]
sys.path.append(os.path.join(sources, ".deps/onnx"))  # where tools/setup --test puts NumPy
try:
    import numpy
except ImportError:
    print("skipped: python3 has no NumPy (tools/setup --test installs it)")
    sys.exit(77)
import alexcl
from alexcl import _library

random = numpy.random.default_rng(1)
images = random.standard_normal((5, 1, 32, 32)).astype("f4")
lpips = os.path.join(sources, "share/alexcl/alexnet_torchvision_conv_lpips.safetensors")


def command(*arguments, device=("-d", "ref")):
    """What the program prints; it may not fail."""
    done = subprocess.run([program, *arguments, *device, "-q"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


class Nets(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        command("weights", "init", "--model", "lenet5", "-o", "w.safetensors", device=())
        numpy.save("x.npy", images)

    def net(self, **more):
        net = alexcl.Net("lenet5", "w.safetensors", "ref", **more)
        self.addCleanup(net.close)
        return net

    def test_scores_are_the_programs_to_the_bit(self):
        command("infer", "--model", "lenet5", "--weights", "w.safetensors", "--input", "x.npy", "--save", "scores.npy")
        self.assertTrue((self.net(batch=3).infer(images) == numpy.load("scores.npy")).all())

    def test_features_are_the_programs_to_the_bit(self):
        command("infer", "--model", "lenet5", "--weights", "w.safetensors", "--input", "x.npy", "--features", "c3", "--save", "f.npy")
        want = numpy.load("f.npy")
        net = self.net()
        self.assertTrue((net.features("c3", images) == want).all())
        several = net.features(["c3", "f6"], images)
        self.assertTrue((several[0] == want).all())
        self.assertEqual(several[1].shape, (5, 84))

    def test_distances_are_the_programs(self):
        pixels = random.integers(0, 256, (3, 3, 48, 40), "u1")
        for i, picture in enumerate(pixels):
            with open("%d.ppm" % i, "wb") as file:
                file.write(b"P6 40 48 255\n" + picture.transpose(1, 2, 0).tobytes())
        wanted = json.loads(command("distance", "0.ppm", "1.ppm", "2.ppm", "--format", "json"))["images"]
        with alexcl.Net(weights=lpips, devices="ref", last_layer="relu5", batch=1) as net:
            found = net.distance(pixels[:1], pixels[1:])
        self.assertEqual(len(found), len(wanted))
        for have, want in zip(found, wanted):
            self.assertAlmostEqual(have, want["distance"], delta=1e-5)

    def test_a_float32_array_is_read_where_it_is(self):
        self.assertIs(alexcl._array(images, images.shape[1:], "images"), images)
        self.assertTrue((self.net().infer(images.astype(float)) == self.net().infer(images)).all())
        wide = numpy.zeros((5, 1, 32, 64), "f4")
        wide[..., ::2] = images
        self.assertTrue((self.net().infer(wide[..., ::2]) == self.net().infer(images)).all())

    def test_shapes_that_are_wrong(self):
        with self.assertRaisesRegex(ValueError, "5 x 1 x 28 x 28 where N x 1 x 32 x 32 is due"):
            self.net().infer(images[..., 2:-2, 2:-2])
        self.assertEqual(self.net().infer(images[:0]).shape, (0, 10))

    def test_errors_tell_all(self):
        with self.assertRaises(alexcl.Error) as found:
            alexcl.Net("lenet6", 1)
        self.assertIn("lenet6", str(found.exception))
        self.assertEqual((found.exception.status < 0, found.exception.code, found.exception.place, found.exception.layer), (True, 0, None, None))
        with self.assertRaisesRegex(alexcl.Error, "nosuch.safetensors"):
            alexcl.Net("lenet5", "nosuch.safetensors")
        with self.assertRaisesRegex(alexcl.Error, "nosuch"):
            self.net().features("nosuch", images)
        with self.assertRaisesRegex(TypeError, "no such setting: speed"):
            alexcl.Net("lenet5", 1, "ref", speed="high")

    def test_closed(self):
        net = alexcl.Net("lenet5", 1, "ref")
        net.close()
        net.close()
        with self.assertRaisesRegex(ValueError, "closed"):
            net.infer(images)

    def test_what_is_known_of_a_net(self):
        net = self.net()
        self.assertEqual((net.model, net.input_shape, net.output_shapes, len(net.mean)), ("lenet5", (1, 32, 32), [(10,)], 1))
        self.assertEqual([d.name for d in alexcl.devices()], [])  # there is no driver here
        self.assertIn("alexnet-caffe", alexcl.models())
        self.assertEqual("alexcl " + alexcl.version, command("--version", device=()).split("\n")[0].rsplit(",")[0].strip())


class Training(unittest.TestCase):
    def test_losses_and_weights_are_the_programs(self):
        x, y = random.standard_normal((8, 1, 32, 32)).astype("f4"), numpy.arange(8)
        numpy.save("tx.npy", x)
        numpy.save("ty.npy", y.astype("i4"))
        command("train", "-m", "lenet5", "--data", "tx.npy", "--targets", "ty.npy", "--recipe", "keras", "--batch", "8", "--epochs", "3", "--seed", "5", "-o", "trained")
        with open("trained/steps.csv") as file:
            losses = [float(row["loss"]) for row in csv.DictReader(file)]
        self.assertEqual(len(losses), 3)
        with alexcl.Trainer("lenet5", devices="ref", recipe="keras", values={"batch": 8}, seed=5) as trainer:
            for want in losses:  # the program shuffles: the same sums in another order
                self.assertAlmostEqual(trainer.step(x, y).loss, want, delta=1e-5)
            self.assertEqual((trainer.steps, trainer.batch), (3, 8))
            trainer.save("py.safetensors")
            evaluated = trainer.evaluate(x, y)
            with self.assertRaisesRegex(ValueError, "labels: 8 are due"):
                trainer.step(x, y[:7])
            with self.assertRaisesRegex(alexcl.Error, "class"):
                trainer.step(x, y + 5)
        with alexcl.Trainer.resume("py.safetensors", devices="ref") as again:
            self.assertEqual((again.steps, again.evaluate(x, y).loss), (3, evaluated.loss))
        scores = alexcl.Net("lenet5", "py.safetensors", "ref").infer(x)
        self.assertEqual(int((scores.argmax(1) != y).sum()), evaluated.top1_wrong)


class Threads(unittest.TestCase):
    def test_other_threads_run_meanwhile(self):
        counted, done = [0], threading.Event()

        def count():
            while not done.is_set():
                counted[0] += 1
                time.sleep(0.001)

        with alexcl.Net("lenet5", 1, "ref") as net:
            x = numpy.zeros((400, *net.input_shape), "f4")
            thread = threading.Thread(target=count)
            thread.start()
            before = counted[0]
            net.infer(x)
            after = counted[0]
            done.set()
            thread.join()
        self.assertGreater(after - before, 10)

    def test_ctrl_c_ends_a_run_and_the_net_goes_on(self):
        with alexcl.Net("lenet5", 1, "ref", batch=1) as net:
            signal.signal(signal.SIGINT, signal.default_int_handler)  # whatever this was started by
            many = numpy.zeros((20000, *net.input_shape), "f4")
            timer = threading.Timer(0.5, lambda: os.kill(os.getpid(), signal.SIGINT))
            timer.start()
            before = {int(name) for name in os.listdir("/proc/self/task")}
            with self.assertRaises(KeyboardInterrupt):
                net.infer(many)
            timer.join()
            for _ in range(100):  # a thread takes a moment to be gone
                computing = {int(name) for name in os.listdir("/proc/self/task")} - before
                if not computing:
                    break
                time.sleep(0.05)
            self.assertEqual(computing, set())
            self.assertEqual(net.infer(many[:2]).shape, (2, 10))


class Library(unittest.TestCase):
    def told(self, **environment):
        done = subprocess.run([sys.executable, "-c", "import alexcl"], stderr=subprocess.PIPE, universal_newlines=True,
                              env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **environment})
        return done.returncode, done.stderr

    def test_where_it_is_found(self):
        self.assertEqual(self.told(), (0, ""))
        code, told = self.told(ALEXCL_LIBRARY="/nosuch/libalexcl.so.1")
        self.assertTrue(code != 0 and "/nosuch/libalexcl.so.1" in told and "or set ALEXCL_LIBRARY" in told, told)

    def test_structures_are_the_headers(self):
        """Sizes and places of fields, by the compiler."""
        names = {"ErrorStruct": "alexcl_error", "Shape": "alexcl_shape", "DeviceInfo": "alexcl_device_info", "Settings": "alexcl_settings",
                 "ModelChange": "alexcl_model_change", "NetOptions": "alexcl_net_options", "RecipeValue": "alexcl_recipe_value",
                 "TrainOptions": "alexcl_train_options", "TrainBatch": "alexcl_train_batch", "TrainResult": "alexcl_train_result",
                 "WeightsTensor": "alexcl_weights_tensor", "Model": "alexcl_model"}
        rows, want = [], []
        for python, c in names.items():
            structure = getattr(_library, python)
            if python not in ("Model", "DeviceInfo"):  # of these the library may know more
                rows.append("sizeof(struct %s)" % c)
                want.append(ctypes.sizeof(structure))
            for field, _ in structure._fields_:
                rows.append("offsetof(struct %s, %s)" % (c, field))
                want.append(getattr(structure, field).offset)
        rows.append("ALEXCL_API_VERSION >> 8")
        want.append(_library.API >> 8)
        with open("sizes.c", "w") as file:
            file.write('#include <alexcl_train.h>\n#include <stddef.h>\n#include <stdio.h>\nint main(void) {\n%s}\n' %
                       "".join('    printf("%%zu\\n", (size_t)(%s));\n' % row for row in rows))
        subprocess.check_call([os.environ.get("CC", "cc"), "-std=c11", "-I" + os.path.join(sources, "runtime/include"), "sizes.c", "-o", "sizes"])
        have = [int(line) for line in subprocess.check_output(["./sizes"]).split()]
        self.assertEqual(list(zip(rows, want)), list(zip(rows, have)))


if __name__ == "__main__":
    shutil.rmtree("run", ignore_errors=True)
    os.mkdir("run")
    os.chdir("run")
    unittest.main(argv=sys.argv[:1] + sys.argv[3:], verbosity=2)
