#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# MNN 3.6.1 (PyPI): importing MNN.tools.mnnconvert, which is what its program `mnnconvert` does, runs `pip install -U aliyun-log-python-sdk` into
# the Python that runs it, without asking: that package and ten or so that it needs, in the versions of the day. With it there, a conversion is
# reported to the vendor's log service. The same converter without either is MNN.tools' extension _tools.mnnconvert(["mnnconvert", ...]).
# Who converts a net in an environment of pinned packages has other packages afterwards.
# Seen: "Successfully installed aliyun-log-python-sdk-0.9.52 ..." at the import; the package is there afterwards, and was not before.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q MNN==3.6.1 numpy==2.4.6
cd "$folder"
there() { PIP_DISABLE_PIP_VERSION_CHECK=1 venv/bin/pip list --format freeze | grep -c '^aliyun-log-python-sdk==' || true; }
before=$(there)
PATH="$folder/venv/bin:$PATH" venv/bin/python -c 'from MNN.tools import mnnconvert' >log 2>&1 || true
after=$(there)
tail -n 2 log | cut -c1-100
echo "aliyun-log-python-sdk in the environment: before $before, after $after"
[ "$before" = 0 ] && [ "$after" = 1 ]
