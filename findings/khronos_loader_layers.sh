#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# An OpenCL layer (OPENCL_LAYERS) that says it is of layer API 100, and exports what that version wants, clGetLayerInfo and clInitLayer, is left out
# without a word by the Khronos loader 3.1.0 that comes with intel-opencl-rt 2026.2.0 on PyPI: calls go to the driver, the exit code is 0.
# Debian 12's loader, ocl-icd 2.3.1, takes the same file. The Khronos loader asks for clInitLayerWithProperties first, a function of the newer
# layer API, though it still refuses a layer that says 200: one that exports both and says 100 is taken by both loaders. The way back is named
# in no message: OCL_ICD_FORCE_LEGACY_TERMINATION=True. Only OCL_ICD_ENABLE_TRACE=True tells the reason, where the loader was built with it.
# Who profiles, traces or tests by a layer, as alexcl's tests do, sees a program without it, and takes that for an answer.
# Seen: ocl-icd "clInitLayer"; Khronos 3.1.0 nothing, with both functions "clInitLayerWithProperties", forced "clInitLayer".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -q intel-opencl-rt==2026.2.0 intel-cmplr-lib-rt==2026.2.0
apt-get download -q ocl-icd-libopencl1=2.3.1-1 >/dev/null 2>&1
dpkg-deb -x ocl-icd-libopencl1_*.deb debian
cat >layer.c <<'C'
#include <stdio.h>
#include <string.h>
int clGetLayerInfo(unsigned what, size_t size, void *out, size_t *length) {
    static const unsigned version = 100;
    const void *answer = what == 0x4240 ? (const void *)&version : "a layer"; /* CL_LAYER_API_VERSION, CL_LAYER_NAME */
    size_t need = what == 0x4240 ? sizeof version : sizeof "a layer";
    if (out && size >= need) memcpy(out, answer, need);
    if (length) *length = need;
    return 0;
}
static int take(const char *by, unsigned entries, const void *below, unsigned *own_entries, const void **own) {
    puts(by);
    *own_entries = entries;
    *own = below;
    return 0;
}
int clInitLayer(unsigned entries, const void *below, unsigned *own_entries, const void **own) {
    return take("clInitLayer", entries, below, own_entries, own);
}
#ifdef BOTH
int clInitLayerWithProperties(unsigned entries, const void *below, unsigned *own_entries, const void **own, const void *properties) {
    (void)properties;
    return take("clInitLayerWithProperties", entries, below, own_entries, own);
}
#endif
C
cat >main.c <<'C'
int clGetPlatformIDs(unsigned, void **, unsigned *);
int main(void) {
    unsigned count;
    clGetPlatformIDs(0, 0, &count);
    return 0;
}
C
debian=$(dirname "$(find "$PWD/debian" -name libOpenCL.so.1)")
khronos=$(dirname "$(find "$PWD/venv" -name libOpenCL.so.1)")
cc -shared -fPIC layer.c -o one.so
cc -shared -fPIC -DBOTH layer.c -o both.so
cc main.c -o main -L"$debian" -l:libOpenCL.so.1
tried() { env LD_LIBRARY_PATH="$1" OPENCL_LAYERS="$PWD/$2" "${@:3}" ./main; }
old=$(tried "$debian" one.so) new=$(tried "$khronos" one.so) both=$(tried "$khronos" both.so) forced=$(tried "$khronos" one.so OCL_ICD_FORCE_LEGACY_TERMINATION=True)
printf '%-40s "%s"\n' "ocl-icd, clInitLayer alone:" "$old" "Khronos 3.1.0, the same file:" "$new" "Khronos 3.1.0, both functions:" "$both" \
    "Khronos 3.1.0, the first file, forced:" "$forced"
[ "$old" = clInitLayer ] && [ -z "$new" ] && [ "$both" = clInitLayerWithProperties ] && [ "$forced" = clInitLayer ]
