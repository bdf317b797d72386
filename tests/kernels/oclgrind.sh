#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Runs a kernel's check program under Oclgrind, which looks for races, uninitialised values, accesses outside and barriers that not
# all items reach; every line it logs is a fault (its exit code is the program's).
#   oclgrind.sh PROGRAM                     1 if there is a fault, or a test of the program fails
#   oclgrind.sh PROGRAM KERNELS CHANGE      shows that the above finds faults: a change of broken.txt is made to a kernel of the folder
#                                           KERNELS, and the fault that stands there must be found
#   oclgrind.sh --verify KERNELS            whether every change of broken.txt still changes its kernel; needs no Oclgrind
set -uo pipefail
if [ "$1" = --verify ]; then
    code=0
    while IFS='|' read -r name kernel _ edit; do
        [[ $name == "#"* ]] && continue
        sed -E "$edit" "$2/$kernel.cl" | cmp -s - "$2/$kernel.cl" && { echo "$name: broken.txt changes nothing in $kernel.cl (any more)"; code=1; }
    done <"$(dirname "$0")/broken.txt"
    exit $code
fi
program=$1
if ! command -v oclgrind >/dev/null; then
    echo "skipped: Oclgrind is not installed (tools/setup --all installs it)"
    exit 77
fi
# Oclgrind takes its own library before any other, so no vendor file is looked at. Buffers hold what was written and nothing else, else
# nothing in them is uninitialised; binaries of other options are no use.
unset OCL_ICD_VENDORS OCL_ICD_FILENAMES ALEXCL_TEST_LOADER ALEXCL_KERNEL_DIR OPENCL_LAYERS
export ALEXCL_TEST_IMPLEMENTATION=oclgrind ALEXCL_TEST_CPU_KERNELS=1 ALEXCL_TEST_GRID=small ALEXCL_BARE_BUFFERS=1 ALEXCL_NO_CACHE=1 CK_FORK=no
# Optimised code has instructions that Oclgrind 21.10 cannot follow ("freeze").
simulate() {
    exec oclgrind --data-races --uniform-writes --uninitialized --max-errors 100 --build-options "-O0 -debug-info-kind=standalone" --log "$log" "$program"
}
folder=$(mktemp -d "$PWD/oclgrind.XXXXXX")
trap 'rm -rf "$folder"' EXIT
log=$folder/log
: >"$log"

if [ $# = 1 ]; then
    code=0
    (simulate) || code=1
    [ -s "$log" ] || exit $code
    head -n 60 "$log"
    echo "Oclgrind found faults: $(grep -c 'Kernel:' "$log") reports"
    exit 1
fi

IFS='|' read -r kernel finding edit < <(sed -n "s/^$3|//p" "$(dirname "$0")/broken.txt")
[ -n "${edit:-}" ] || { echo "broken.txt has no $3"; exit 1; }
sed -E "$edit" "$2/$kernel.cl" >"$folder/$kernel.cl"
diff "$2/$kernel.cl" "$folder/$kernel.cl" && { echo "$3: broken.txt changes nothing in $kernel.cl (any more)"; exit 1; }
export ALEXCL_KERNEL_DIR=$folder
# Up to the first report of it: the rest of the shapes has no more to tell.
simulate >"$folder/out" 2>&1 &
while kill -0 $! 2>/dev/null; do
    grep -qF "$finding" "$log" && { kill -KILL $!; break; }
    sleep 0.2
done
wait $! 2>/dev/null
if ! grep -F -m 1 -A 5 "$finding" "$log"; then
    cat "$folder/out" "$log"
    echo "$3: not found: $finding"
    exit 1
fi
