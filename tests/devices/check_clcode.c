/* SPDX-License-Identifier: MIT */
/* Names of codes: those of CLBlast against its own header, which the table does not include. */
#include "cl_api.h"

#include <clblast_c.h>
#include <string.h>

#include "support.h"

#define CODE(name)                                                                                                     \
    { name, #name }
static const struct {
    int code;
    const char *name;
} own[] = {
    CODE(CLBlastNotImplemented),       CODE(CLBlastInvalidMatrixA),           CODE(CLBlastInvalidMatrixB),
    CODE(CLBlastInvalidMatrixC),       CODE(CLBlastInvalidVectorX),           CODE(CLBlastInvalidVectorY),
    CODE(CLBlastInvalidDimension),     CODE(CLBlastInvalidLeadDimA),          CODE(CLBlastInvalidLeadDimB),
    CODE(CLBlastInvalidLeadDimC),      CODE(CLBlastInvalidIncrementX),        CODE(CLBlastInvalidIncrementY),
    CODE(CLBlastInsufficientMemoryA),  CODE(CLBlastInsufficientMemoryB),      CODE(CLBlastInsufficientMemoryC),
    CODE(CLBlastInsufficientMemoryX),  CODE(CLBlastInsufficientMemoryY),      CODE(CLBlastInsufficientMemoryTemp),
    CODE(CLBlastInvalidBatchCount),    CODE(CLBlastInvalidOverrideKernel),    CODE(CLBlastMissingOverrideParameter),
    CODE(CLBlastInvalidLocalMemUsage), CODE(CLBlastNoHalfPrecision),          CODE(CLBlastNoDoublePrecision),
    CODE(CLBlastInvalidVectorScalar),  CODE(CLBlastInsufficientMemoryScalar), CODE(CLBlastDatabaseError),
    CODE(CLBlastUnknownError),         CODE(CLBlastUnexpectedError),
};
enum { OWN = sizeof own / sizeof *own };

START_TEST(codes_of_clblast_have_its_own_names) {
    int count = 0;
    for (int i = 0; i < OWN; i++) {
        ck_assert_str_eq(clcode_name(own[i].code), own[i].name);
        ck_assert_ptr_nonnull(strstr(clcode_hint(own[i].code), "ALEXCL_GEMM=own"));
    }
    for (int code = -3000; code <= 0; code++) count += strncmp(clcode_name(code), "CLBlast", 7) == 0;
    ck_assert_int_eq(count, OWN);
}
END_TEST

START_TEST(codes_of_opencl_have_their_names) {
    ck_assert_str_eq(clcode_name(CL_OUT_OF_RESOURCES), "CL_OUT_OF_RESOURCES");
    ck_assert_str_eq(clcode_name(-1001), "CL_PLATFORM_NOT_FOUND_KHR");
    ck_assert_str_eq(clcode_name(-12345), "an unknown code");
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("clcode");
    tcase_add_test(tests, codes_of_clblast_have_its_own_names);
    tcase_add_test(tests, codes_of_opencl_have_their_names);
    return support_run(tests);
}
