# The OpenCL implementations that the tests run on, each visible alone through a vendor folder of its own:
# ${ICD_FOLDER}/<name>/<name>.icd. SKIP_<name> is what a skipped test says where one is not installed, else empty; ENVIRONMENT_<name>
# and LABELS_<name> are what every test on it gets.
set(ICD_FOLDER ${PROJECT_BINARY_DIR}/icd)
set(ALEXCL_INTEL_OPENCL "" CACHE FILEPATH "libintelocl.so of Intel's CPU runtime; empty: looked for where tools/setup --test puts it")

file(MAKE_DIRECTORY ${ICD_FOLDER}/none ${ICD_FOLDER}/ref)
set(SKIP_ref "")

# alexcl_implementation(name library about setup): `setup` is the option of tools/setup that installs it.
function(alexcl_implementation name library about setup)
  set(skip "")
  file(REMOVE_RECURSE ${ICD_FOLDER}/${name})
  file(MAKE_DIRECTORY ${ICD_FOLDER}/${name})
  if(library)
    file(WRITE ${ICD_FOLDER}/${name}/${name}.icd "${library}\n")
    message(STATUS "Tests run on ${about}: ${library}")
  else()
    set(skip "skipped: ${about} is not installed (tools/setup ${setup} installs it)")
    message(STATUS "Tests on ${about} will be ${skip}")
  endif()
  set(SKIP_${name} ${skip} PARENT_SCOPE)
endfunction()

# alexcl_find_vendor(out part names..): what a vendor file that has `part` names, else where the linker finds one of `names`, else "".
function(alexcl_find_vendor out part)
  set(found "")
  file(GLOB vendors /etc/OpenCL/vendors/*.icd)
  foreach(vendor ${vendors})
    file(STRINGS ${vendor} line LIMIT_COUNT 1 REGEX "${part}")
    if(line AND NOT found)
      string(STRIP "${line}" found)
    endif()
  endforeach()
  if(NOT found)
    find_library(ALEXCL_${out}_LIBRARY NAMES ${ARGN} PATH_SUFFIXES oclgrind)
    mark_as_advanced(ALEXCL_${out}_LIBRARY)
    if(ALEXCL_${out}_LIBRARY)
      set(found ${ALEXCL_${out}_LIBRARY})
    endif()
  endif()
  set(${out} "${found}" PARENT_SCOPE)
endfunction()

alexcl_find_vendor(POCL pocl pocl libpocl.so.2)
alexcl_implementation(pocl "${POCL}" "PoCL" --test)

# Intel: the wheel's library finds its companions by its own RUNPATH.
set(intel ${ALEXCL_INTEL_OPENCL})
if(NOT intel)
  file(GLOB_RECURSE intel ${PROJECT_SOURCE_DIR}/.deps/intel-opencl-rt/libintelocl.so)
endif()
alexcl_implementation(intel "${intel}" "Intel's CPU runtime" --test)
# Its own leaks and races are not ours to find.
set(ENVIRONMENT_intel ASAN_OPTIONS=${ASAN}:detect_leaks=0 TSAN_OPTIONS=${TSAN}:ignore_noninstrumented_modules=1)

# Both visible in one process.
file(REMOVE_RECURSE ${ICD_FOLDER}/both)
file(MAKE_DIRECTORY ${ICD_FOLDER}/both)
set(SKIP_both "${SKIP_pocl}${SKIP_intel}")
if(NOT SKIP_both)
  file(COPY ${ICD_FOLDER}/pocl/pocl.icd ${ICD_FOLDER}/intel/intel.icd DESTINATION ${ICD_FOLDER}/both)
endif()
set(ENVIRONMENT_both ${ENVIRONMENT_intel})

# rusticl on llvmpipe: Mesa's compiler and a GPU's limits. It shows no device unless it is told to.
alexcl_find_vendor(RUSTICL [Rr]usticl RusticlOpenCL libRusticlOpenCL.so.1)
alexcl_implementation(rusticl "${RUSTICL}" "rusticl" --all)
set(ENVIRONMENT_rusticl RUSTICL_ENABLE=llvmpipe ALEXCL_TEST_CPU_KERNELS=1)
set(LABELS_rusticl full)

# Oclgrind: a simulator that says it is a GPU. This is its plain form; kernels/oclgrind.sh looks for faults with it.
alexcl_find_vendor(OCLGRIND oclgrind oclgrind-rt-icd)
alexcl_implementation(oclgrind "${OCLGRIND}" "Oclgrind" --all)
set(ENVIRONMENT_oclgrind ALEXCL_TEST_CPU_KERNELS=1)
set(LABELS_oclgrind full)

# The loader between program and drivers: the system's, ocl-icd on Debian, and the Khronos Group's, which comes with Intel's runtime.
# Tests named khronos.* are those of the same name with the latter. Every test makes sure of the loader it is meant for, by how it begins
# to describe itself (ALEXCL_TEST_LOADER).
set(LOADER_khronos "Khronos OpenCL ICD Loader")
list(GET OpenCL_LIBRARIES 0 library)
file(STRINGS ${library} ocl_icd LIMIT_COUNT 1 REGEX "^OpenCL ICD Loader$")
option(ALEXCL_TEST_KHRONOS "all tests run with the Khronos loader (by hand; else those named khronos.*)" OFF)
set(KHRONOS_FOLDER ${PROJECT_BINARY_DIR}/khronos)
if(ALEXCL_TEST_KHRONOS)
  list(APPEND CLEAN "ALEXCL_TEST_LOADER=${LOADER_khronos}" LD_LIBRARY_PATH=${KHRONOS_FOLDER})
else()
  list(APPEND CLEAN "ALEXCL_TEST_LOADER=${ocl_icd}")
endif()
file(REMOVE_RECURSE ${KHRONOS_FOLDER})
file(MAKE_DIRECTORY ${KHRONOS_FOLDER})
set(SKIP_khronos "${SKIP_intel}")
get_filename_component(intel_folder "${intel}" DIRECTORY)
if(intel AND NOT EXISTS ${intel_folder}/libOpenCL.so.1)
  set(SKIP_khronos "skipped: the Khronos loader is not beside Intel's runtime, as it is in its PyPI package (tools/setup --test installs it)")
elseif(intel)
  foreach(name libOpenCL.so.1 libsvml.so libirng.so libimf.so libintlc.so.5) # with what it needs, and nothing else of that folder
    file(CREATE_LINK ${intel_folder}/${name} ${KHRONOS_FOLDER}/${name} SYMBOLIC)
  endforeach()
endif()

# alexcl_under_khronos(test command..): the test, of this folder, once more with the Khronos loader; on few nets.
function(alexcl_under_khronos test)
  if(ALEXCL_SANITIZE OR ALEXCL_COVERAGE)
    return()
  endif()
  set(name khronos.${test})
  foreach(property ENVIRONMENT LABELS TIMEOUT)
    get_test_property(${test} ${property} ${property})
  endforeach()
  file(MAKE_DIRECTORY ${SCRATCH}/${name})
  if(SKIP_khronos)
    set(ARGN sh -c "echo '${SKIP_khronos}'; exit 77")
  endif()
  add_test(NAME ${name} COMMAND ${ARGN} WORKING_DIRECTORY ${SCRATCH}/${name})
  set_tests_properties(${name} PROPERTIES LABELS "${LABELS};full" TIMEOUT ${TIMEOUT} SKIP_RETURN_CODE 77
    ENVIRONMENT "${ENVIRONMENT};LD_LIBRARY_PATH=${KHRONOS_FOLDER};ALEXCL_TEST_LOADER=${LOADER_khronos};ALEXCL_TEST_FEW=1")
endfunction()
