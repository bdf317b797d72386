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

#ifndef CL_LAYER_PROPERTIES_LIST_END /* of older headers */
typedef cl_properties cl_layer_properties;
#endif
/* The Khronos loader from 3.1 on takes no layer without it, and says nothing. */
EXPORT cl_int CL_API_CALL clInitLayerWithProperties(cl_uint entries, const cl_icd_dispatch *target,
                                                    cl_uint *own_entries, const cl_icd_dispatch **own,
                                                    const cl_layer_properties *properties);
EXPORT cl_int CL_API_CALL clInitLayerWithProperties(cl_uint entries, const cl_icd_dispatch *target,
                                                    cl_uint *own_entries, const cl_icd_dispatch **own,
                                                    const cl_layer_properties *properties) {
    (void)properties;
    return clInitLayer(entries, target, own_entries, own);
}
