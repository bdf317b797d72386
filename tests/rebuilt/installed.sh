#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Installs a build into ./installed and uses it as other programs do: found by pkg-config, in C and C++, and by CMake.
#   installed.sh BUILD SOURCES COMPILER
set -euo pipefail
build=$1 sources=$2 compiler=$3
rm -rf installed consumer && mkdir consumer
cmake --install "$build" --prefix "$PWD/installed" >/dev/null
PKG_CONFIG_PATH=$(dirname "$(find "$PWD/installed" -name alexcl.pc)")
LD_LIBRARY_PATH=$(dirname "$PKG_CONFIG_PATH")
export PKG_CONFIG_PATH LD_LIBRARY_PATH
read -ra flags <<<"$(pkg-config --cflags --libs alexcl)"
for language in c c++; do
  [ $language = c ] && compile=("$compiler" -std=c11) || compile=(c++ -std=c++17 -x c++)
  "${compile[@]}" -Wall -Wextra -Werror "$sources/tests/rebuilt/caller.c" -x none "${flags[@]}" -o caller
  ./caller >told 2>&1 || { echo "a program in $language: $(cat told)"; exit 1; }
done
cat >consumer/CMakeLists.txt <<'END'
cmake_minimum_required(VERSION 3.22)
project(consumer C)
find_package(alexcl REQUIRED)
add_executable(consumer ${CALLER})
target_link_libraries(consumer PRIVATE alexcl::alexcl)
END
cmake -S consumer -B consumer/build -DCMAKE_C_COMPILER="$compiler" -DCMAKE_PREFIX_PATH="$PWD/installed" \
  -DCALLER="$sources/tests/rebuilt/caller.c" >told 2>&1 && cmake --build consumer/build >>told 2>&1 && consumer/build/consumer >>told 2>&1 || { cat told; exit 1; }
