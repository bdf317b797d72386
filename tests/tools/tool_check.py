# SPDX-License-Identifier: MIT
"""What the checks of tools/ share: expect(), run() and the end."""
import subprocess
import sys

failures = 0


def expect(holds, what):
    global failures
    if not holds:
        print("FAILED: " + what)
        failures += 1


def run(*command):
    """(exit code, stdout, stderr)"""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True)
    return done.returncode, done.stdout, done.stderr


def end():
    print("all good" if not failures else "%d failures" % failures)
    sys.exit(failures != 0)
