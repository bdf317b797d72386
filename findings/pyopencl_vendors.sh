#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# OCL_ICD_VENDORS names the folder of the only OpenCL drivers that a program shall see. A Python program with the wheels
# pyopencl 2026.1.4 and pocl-binary-distribution 3.0 sees PoCL all the same, with an empty folder there: the second wheel
# puts its library and pocl.icd into the first one's package (pyopencl/.libs), and the loader that pyopencl brings reads
# that folder besides the one that was named. Only the name of a file keeps it out. And what is called 3.0 on PyPI is
# PoCL 3.0-rc2, so that a check for "3.0 or later" by the platform's version must expect that.
# Who uses pyopencl to count devices, or to compare a program under one driver, looks at another list than the program.
# Seen: one platform, "OpenCL 3.0 PoCL 3.0-rc2 ..", with an empty folder; PLATFORM_NOT_FOUND_KHR with a file that is not there.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q pyopencl==2026.1.4 pocl-binary-distribution==3.0 numpy==2.4.6
mkdir "$folder/empty"
cat >"$folder/list.py" <<'PYTHON'
import pyopencl
try:
    print(*(platform.version for platform in pyopencl.get_platforms()), sep="\n")
except pyopencl.LogicError as why:
    print(why)
PYTHON
with_folder=$(OCL_ICD_VENDORS=$folder/empty "$folder/venv/bin/python" "$folder/list.py")
with_file=$(OCL_ICD_VENDORS=$folder/empty/none.icd "$folder/venv/bin/python" "$folder/list.py")
echo "an empty folder:           $with_folder"
echo "a file that is not there:  $with_file"
find "$folder/venv" -name 'pocl.icd' -path '*pyopencl/.libs*' | grep -q .
[[ $with_folder == "OpenCL 3.0 PoCL 3.0-rc2"* ]]
[[ $with_file == *PLATFORM_NOT_FOUND_KHR ]]
