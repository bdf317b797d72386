/* SPDX-License-Identifier: MIT */
/* OpenCL's and CLBlast's error codes with their names, and for each what the user can try. A code says what the library
 * did wrong in the driver's eyes, while whoever runs the program wants to know what he can do. */
#include "cl_api.h"

#define CODE(name, hint)                                                                                               \
    { name, #name, hint }

static const char DRIVER[] =
    "the driver refuses what OpenCL 1.2 allows: update it, or report it with `alexcl devices -v`";
static const char BUILD[] = "a newer driver may help, another device does, or --devices ref: plain C without OpenCL";
static const char CLBLAST[] = "ALEXCL_GEMM=own goes without CLBlast";
static const char LATE[] =
    "it may come from an earlier launch: ALEXCL_SYNC=1 finds it; a smaller --batch or another device may help";

/* From CL/cl.h, and below those that are CLBlast's own, by clblast_c.h (an enum of its interface, which is not included
 * here: check_clcode.c compares the two). */
static const struct {
    int code;
    const char *name, *hint;
} codes[] = {
    CODE(CL_DEVICE_NOT_FOUND, "no such device: see `alexcl devices`"),
    CODE(CL_DEVICE_NOT_AVAILABLE, "the device is gone or used by another program: choose another with --devices"),
    CODE(CL_COMPILER_NOT_AVAILABLE, "the driver has no compiler: install the vendor's whole OpenCL package"),
    CODE(CL_MEM_OBJECT_ALLOCATION_FAILURE, "the device's memory does not suffice: a smaller --batch, or two devices"),
    CODE(CL_OUT_OF_RESOURCES, LATE),
    CODE(CL_OUT_OF_HOST_MEMORY, "the computer's memory does not suffice: a smaller --batch"),
    CODE(CL_PROFILING_INFO_NOT_AVAILABLE, DRIVER),
    CODE(CL_MEM_COPY_OVERLAP, DRIVER),
    CODE(CL_BUILD_PROGRAM_FAILURE, BUILD),
    CODE(CL_MAP_FAILURE, LATE),
    CODE(CL_MISALIGNED_SUB_BUFFER_OFFSET, DRIVER),
    CODE(CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST, LATE),
    CODE(CL_COMPILE_PROGRAM_FAILURE, BUILD),
    CODE(CL_LINKER_NOT_AVAILABLE, "the driver has no linker: install the vendor's whole OpenCL package"),
    CODE(CL_LINK_PROGRAM_FAILURE, BUILD),
    CODE(CL_DEVICE_PARTITION_FAILED, "the device cannot be cut like this: choose it whole"),
    CODE(CL_INVALID_VALUE, DRIVER),
    CODE(CL_INVALID_DEVICE_TYPE, DRIVER),
    CODE(CL_INVALID_PLATFORM, DRIVER),
    CODE(CL_INVALID_DEVICE, DRIVER),
    CODE(CL_INVALID_CONTEXT, DRIVER),
    CODE(CL_INVALID_QUEUE_PROPERTIES, DRIVER),
    CODE(CL_INVALID_COMMAND_QUEUE, LATE),
    CODE(CL_INVALID_HOST_PTR, DRIVER),
    CODE(CL_INVALID_MEM_OBJECT, DRIVER),
    CODE(CL_INVALID_BINARY, "the driver refuses a kernel that it compiled itself: ALEXCL_NO_CACHE=1 compiles anew"),
    CODE(CL_INVALID_BUILD_OPTIONS, "look at ALEXCL_BUILD_OPTIONS"),
    CODE(CL_INVALID_PROGRAM, DRIVER),
    CODE(CL_INVALID_PROGRAM_EXECUTABLE, DRIVER),
    CODE(CL_INVALID_KERNEL_NAME, "the .cl file has no such kernel: look at ALEXCL_KERNEL_DIR"),
    CODE(CL_INVALID_KERNEL_DEFINITION, DRIVER),
    CODE(CL_INVALID_KERNEL, DRIVER),
    CODE(CL_INVALID_ARG_INDEX, "the .cl file takes other arguments: look at ALEXCL_KERNEL_DIR"),
    CODE(CL_INVALID_ARG_VALUE, "the .cl file takes other arguments: look at ALEXCL_KERNEL_DIR"),
    CODE(CL_INVALID_ARG_SIZE, "the .cl file takes other arguments: look at ALEXCL_KERNEL_DIR"),
    CODE(CL_INVALID_KERNEL_ARGS, DRIVER),
    CODE(CL_INVALID_WORK_DIMENSION, DRIVER),
    CODE(CL_INVALID_WORK_GROUP_SIZE, "the device takes smaller work-groups only"),
    CODE(CL_INVALID_WORK_ITEM_SIZE, "the device takes smaller work-groups only"),
    CODE(CL_INVALID_GLOBAL_OFFSET, DRIVER),
    CODE(CL_INVALID_EVENT_WAIT_LIST, DRIVER),
    CODE(CL_INVALID_EVENT, DRIVER),
    CODE(CL_INVALID_OPERATION, DRIVER),
    CODE(CL_INVALID_BUFFER_SIZE, "the buffer is larger than the device allows: a smaller --batch"),
    CODE(CL_INVALID_GLOBAL_WORK_SIZE, DRIVER),
    CODE(CL_INVALID_PROPERTY, DRIVER),
    CODE(CL_INVALID_COMPILER_OPTIONS, "look at ALEXCL_BUILD_OPTIONS"),
    CODE(CL_INVALID_DEVICE_PARTITION_COUNT, "the device cannot be cut like this: choose it whole"),
    {-1001, "CL_PLATFORM_NOT_FOUND_KHR", "no OpenCL driver is installed"},
    {-9999, "NVIDIA: illegal access", "a kernel read or wrote outside its buffers: please report it"},
    {-1024, "CLBlastNotImplemented", CLBLAST},
    {-1022, "CLBlastInvalidMatrixA", CLBLAST},
    {-1021, "CLBlastInvalidMatrixB", CLBLAST},
    {-1020, "CLBlastInvalidMatrixC", CLBLAST},
    {-1019, "CLBlastInvalidVectorX", CLBLAST},
    {-1018, "CLBlastInvalidVectorY", CLBLAST},
    {-1017, "CLBlastInvalidDimension", CLBLAST},
    {-1016, "CLBlastInvalidLeadDimA", CLBLAST},
    {-1015, "CLBlastInvalidLeadDimB", CLBLAST},
    {-1014, "CLBlastInvalidLeadDimC", CLBLAST},
    {-1013, "CLBlastInvalidIncrementX", CLBLAST},
    {-1012, "CLBlastInvalidIncrementY", CLBLAST},
    {-1011, "CLBlastInsufficientMemoryA", CLBLAST},
    {-1010, "CLBlastInsufficientMemoryB", CLBLAST},
    {-1009, "CLBlastInsufficientMemoryC", CLBLAST},
    {-1008, "CLBlastInsufficientMemoryX", CLBLAST},
    {-1007, "CLBlastInsufficientMemoryY", CLBLAST},
    {-2050, "CLBlastInsufficientMemoryTemp", CLBLAST},
    {-2049, "CLBlastInvalidBatchCount", CLBLAST},
    {-2048, "CLBlastInvalidOverrideKernel", CLBLAST},
    {-2047, "CLBlastMissingOverrideParameter", CLBLAST},
    {-2046, "CLBlastInvalidLocalMemUsage", CLBLAST},
    {-2045, "CLBlastNoHalfPrecision", CLBLAST},
    {-2044, "CLBlastNoDoublePrecision", CLBLAST},
    {-2043, "CLBlastInvalidVectorScalar", CLBLAST},
    {-2042, "CLBlastInsufficientMemoryScalar", CLBLAST},
    {-2041, "CLBlastDatabaseError", CLBLAST},
    {-2040, "CLBlastUnknownError", CLBLAST},
    {-2039, "CLBlastUnexpectedError", CLBLAST},
};

const char *clcode_name(int code) {
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
        if (codes[i].code == code) return codes[i].name;
    return "an unknown code";
}

const char *clcode_hint(int code) {
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
        if (codes[i].code == code) return codes[i].hint;
    return LATE;
}
