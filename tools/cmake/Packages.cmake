# What `cpack` makes: -G TGZ one archive of all; -G DEB Debian's packages, which want -DBUILD_SHARED_LIBS=ON and the prefix /usr. A package is a
# component of what is installed: a further one is a component and the lines of its name here.
set(CPACK_PACKAGE_NAME alexcl)
set(CPACK_PACKAGE_VENDOR "the alexcl authors")
set(CPACK_PACKAGE_CONTACT "the alexcl authors <maintainers@alexcl.invalid>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "AlexNet on any two OpenCL devices, half of its channels on each")
set(CPACK_RESOURCE_FILE_LICENSE ${PROJECT_SOURCE_DIR}/LICENSE)
set(CPACK_VERBATIM_VARIABLES ON)
set(CPACK_STRIP_FILES ON)
set(CPACK_SOURCE_GENERATOR TGZ)
set(CPACK_SOURCE_IGNORE_FILES "/[.]git/" "/build/" "/[.]deps" "/[.]git$")
set(CPACK_COMPONENTS_ALL program library development python)

set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS ${PROJECT_BINARY_DIR}/runtime) # where the program's own library is while packages are made
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS ON)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_ENABLE_COMPONENT_DEPENDS OFF)
set(library libalexcl${ALEXCL_API_MAJOR})

set(CPACK_DEBIAN_PROGRAM_PACKAGE_NAME alexcl)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_DEPENDS "${library} (= ${PROJECT_VERSION})")
set(CPACK_DEBIAN_PROGRAM_PACKAGE_RECOMMENDS "pocl-opencl-icd | opencl-icd")
set(CPACK_COMPONENT_PROGRAM_DESCRIPTION "It runs and trains the net of the paper of 2012, and its relatives, on GPUs and
CPUs of any vendors: classifies pictures, checks whether a driver computes
convolutions right, and measures how fast it is.")

set(CPACK_DEBIAN_LIBRARY_PACKAGE_NAME ${library})
set(CPACK_DEBIAN_LIBRARY_PACKAGE_SECTION libs)
file(WRITE ${PROJECT_BINARY_DIR}/packages/triggers "activate-noawait ldconfig\n")
set(CPACK_DEBIAN_LIBRARY_PACKAGE_CONTROL_EXTRA ${PROJECT_BINARY_DIR}/packages/triggers)
set(CPACK_COMPONENT_LIBRARY_DESCRIPTION "The shared library behind the command line, for programs in C and C++ and for
the Python module.")

set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME libalexcl-dev)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS "${library} (= ${PROJECT_VERSION})")
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SHLIBDEPS OFF)
set(CPACK_COMPONENT_DEVELOPMENT_DESCRIPTION "Headers, and what pkg-config and CMake's find_package want, for programs that
use the library.")

set(CPACK_DEBIAN_PYTHON_PACKAGE_NAME python3-alexcl)
set(CPACK_DEBIAN_PYTHON_PACKAGE_SECTION python)
set(CPACK_DEBIAN_PYTHON_PACKAGE_ARCHITECTURE all)
set(CPACK_DEBIAN_PYTHON_PACKAGE_SHLIBDEPS OFF)
set(CPACK_DEBIAN_PYTHON_PACKAGE_DEPENDS "${library} (>= ${PROJECT_VERSION}), python3, python3-numpy")
set(CPACK_DEBIAN_PYTHON_PACKAGE_CONTROL_EXTRA ${PROJECT_SOURCE_DIR}/tools/cmake/python3-alexcl/postinst ${PROJECT_SOURCE_DIR}/tools/cmake/python3-alexcl/prerm)
set(CPACK_COMPONENT_PYTHON_DESCRIPTION "Nets and training from Python, with NumPy's arrays.")

# Debian wants each package's licence and history under its name, compressed.
file(MAKE_DIRECTORY ${PROJECT_BINARY_DIR}/packages)
if(GZIP)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS CHANGELOG.md)
  execute_process(COMMAND ${GZIP} -9nc ${PROJECT_SOURCE_DIR}/CHANGELOG.md OUTPUT_FILE ${PROJECT_BINARY_DIR}/packages/changelog.gz)
  foreach(row "program;alexcl" "library;${library}" "development;libalexcl-dev" "python;python3-alexcl")
    list(GET row 0 component)
    list(GET row 1 package)
    install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/${package} RENAME copyright COMPONENT ${component})
    install(FILES ${PROJECT_BINARY_DIR}/packages/changelog.gz DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/${package} COMPONENT ${component})
  endforeach()
endif()
install(DIRECTORY ${PROJECT_SOURCE_DIR}/tools/python/alexcl DESTINATION lib/python3/dist-packages COMPONENT python
  FILES_MATCHING PATTERN "*.py")
include(CPack)
