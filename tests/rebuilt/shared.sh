#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Builds the tree with a shared library, without CLBlast, and with its tests, installs it into a folder, and uses what
# is there: the program, the C programs of docs/library.md, those of installed.sh, a few of the tests. What it installs and
# packs stays, for the tests `packages` and `python`.
#   shared.sh SOURCES COMPILER
set -euo pipefail
sources=$1 compiler=$2
rm -rf build run && mkdir run
# Unoptimised: nothing here takes its time, and it compiles sooner.
cmake -S "$sources" -B build -DCMAKE_C_COMPILER="$compiler" -DCMAKE_BUILD_TYPE=Debug -DBUILD_SHARED_LIBS=ON -DALEXCL_CLBLAST=OFF \
  -DALEXCL_TESTS=ON >run/configured
cmake --build build --parallel "$(nproc)" >run/built 2>&1 || { tail -n 40 run/built; exit 1; }
ctest --test-dir build --output-on-failure -R '^(memory|compare|graph|measure|split|fuzz.corpus.selection)$' >run/tested || { cat run/tested; exit 1; }
cd run
"$sources/tests/rebuilt/installed.sh" ../build "$sources" "$compiler"
library=$(find installed -name 'libalexcl.so')
[ -f "$library" ] || { echo "no libalexcl.so was installed"; exit 1; }
code=0
# What it shows is what the headers declare, and base/files.h for the program.
"$compiler" -E -P installed/include/alexcl_train.h | grep -o '\balexcl_[a-z_]*(' | tr -d '(' | grep -v '_fn$' | sort -u >declared
echo alexcl_private_files_abandon | sort -m - declared >due
nm -D --defined-only "$library" | awk '$3 !~ /^(_init|_fini)$/ {print $3}' | sort | diff due - >told || { echo "libalexcl.so shows other names than the headers: $(cat told)"; code=1; }
# What the program has of base itself (alexcl_files) must have no state that is the library's: it would have a second log.
doubled=$(nm installed/bin/alexcl | awk '$2 ~ /[TtBbDd]/ && $3 ~ /^(alexcl_(log|progress|private)|log_)/ {print $3}')
[ -z "$doubled" ] || { echo "the program has of its own what is the library's: $doubled"; code=1; }
readelf -d "$library" | grep -q 'SONAME.*\[libalexcl\.so\.1\]' || { echo "the library's soname: $(readelf -d "$library" | grep SONAME)"; code=1; }
ldd installed/bin/alexcl | grep "$PWD/installed/.*libalexcl" >/dev/null || { echo "the program does not use the library that was installed with it"; code=1; }
installed/bin/alexcl --version | grep -E '^alexcl [0-9]' >/dev/null || { echo "--version says: $(installed/bin/alexcl --version)"; code=1; }
echo "$sources/tools/photos/cat.png" | installed/bin/alexcl --model tiny2t --devices ref infer -q - | grep cat.png >/dev/null || { echo "the program does not run"; code=1; }
ldd "$library" | grep -i clblast && { echo "the library needs CLBlast, without which it was built"; code=1; }
got=0 && installed/bin/alexcl --gemm clblast devices >told 2>&1 || got=$?
[ $got = 2 ] && grep -q 'it can be one of: own$' told || { echo "--gemm clblast: exit $got, $(cat told)"; code=1; }
awk '/^```c$/ { file = "example" ++n ".c"; next } /^```$/ { file = "" } file { print >file }' "$sources/docs/library.md"
for example in example1 example2; do
    "$compiler" -std=c11 -Iinstalled/include $example.c "$library" -Wl,-rpath,"$PWD/$(dirname "$library")" -o $example
done
cat >version.c <<'END'
#include <alexcl.h>
#include <stdio.h>
int main(void) {
    printf("%u %u %u\n", alexcl_api_version() >> 16, alexcl_api_version() >> 8 & 0xff, alexcl_api_version() & 0xff);
    return alexcl_api_version() != ALEXCL_API_VERSION;
}
END
"$compiler" -std=c11 -Iinstalled/include version.c "$library" -Wl,-rpath,"$PWD/$(dirname "$library")" -o version
./version >told || { echo "the library's version of the interface is not the header's: $(cat told)"; code=1; }
[ -f "$(dirname "$library")/libalexcl.so.$(tr ' ' . <told)" ] || { echo "no file is named by the interface's version, $(cat told)"; code=1; }
# A signal leaves no temporary file, neither the library's (weights) nor one of the program (results).
leaves_nothing() { # FILE ARGUMENTS..: ended while FILE is written
  local file=$1; shift
  installed/bin/alexcl "$@" -o "$file" >told 2>&1 &
  until compgen -G "$file.*.alexcl" >/dev/null || ! kill -0 $! 2>/dev/null; do sleep 0.01; done
  kill -TERM $! || true
  got=0 && wait $! || got=$?
  [ $got = 143 ] && ! compgen -G "$file*" || { echo "ended while $file was written: exit $got, $(cat told)"; code=1; }
}
leaves_nothing weights.safetensors --model alexnet weights init
leaves_nothing times.txt --model tiny2t --devices ref time --batch 1 --repeat 10000
got=0 && ./example1 2>told || got=$?
[ $got = 1 ] && grep -q "loader: " told || { echo "the first program of docs/library.md, without a device: exit $got, $(cat told)"; code=1; }
# Debian's packages of it, which the test `packages` looks at.
if command -v dpkg-shlibdeps >/dev/null; then
    cpack --config ../build/CPackConfig.cmake -G DEB -B packages >told 2>&1 || { echo "no packages: $(tail -n 5 told)"; code=1; }
fi
[ $code = 0 ] && rm -rf ../build
exit $code
