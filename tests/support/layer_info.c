/* SPDX-License-Identifier: MIT */
/* What every OpenCL layer (OPENCL_LAYERS) answers the loader; LAYER_NAME is its name. */
#include "opencl_layer.h"

#include <string.h>

EXPORT cl_int CL_API_CALL clGetLayerInfo(cl_layer_info what, size_t size, void *out, size_t *length) {
    static const cl_layer_api_version version = CL_LAYER_API_VERSION_100;
    static const char name[] = LAYER_NAME;
    const void *value = what == CL_LAYER_API_VERSION ? (const void *)&version : name;
    size_t need = what == CL_LAYER_API_VERSION ? sizeof version : sizeof name;
    if (what != CL_LAYER_API_VERSION && what != CL_LAYER_NAME) return CL_INVALID_VALUE;
    if (out && size < need) return CL_INVALID_VALUE;
    if (out) memcpy(out, value, need);
    if (length) *length = need;
    return CL_SUCCESS;
}
