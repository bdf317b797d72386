#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The flags of a release are in the program: read from the file itself, whatever CMake was told.
#   hardened.sh PROGRAM COMPILER
# A program that COMPILER builds without them, in the folder of now, must fail every one of the checks.
set -u
program=$1 compiler=$2
command -v readelf >/dev/null || { echo "skipped: readelf is not installed (binutils has it)"; exit 77; }

# weaknesses FILE: one line for each.
weaknesses() {
    local headers dynamic symbols
    headers=$(readelf -hlW "$1") dynamic=$(readelf -dW "$1") symbols=$(readelf -sW --dyn-syms "$1")
    grep -q 'Type: *DYN' <<<"$headers" || echo "not position independent"
    grep -q 'GNU_RELRO' <<<"$headers" || echo "no RELRO"
    grep -qE 'BIND_NOW|FLAGS.*NOW' <<<"$dynamic" || echo "symbols are bound late: RELRO is partial"
    grep 'GNU_STACK' <<<"$headers" | grep -q 'RW ' || echo "the stack is executable"
    grep -q '__stack_chk_fail' <<<"$symbols" || echo "no stack protector"
    grep -qE '__[a-z]+_chk' <<<"$(grep -v __stack_chk_fail <<<"$symbols")" || echo "no fortified function"
}

found=$(weaknesses "$program")
[ -z "$found" ] || { echo "FAILED: $program: $found"; exit 1; }

cat >weak.c <<'C'
#include <stdio.h>
int main(int argc, char **argv) {
    char text[16];
    snprintf(text, sizeof text, "%d%s", argc, argv[0]);
    return text[0];
}
C
"$compiler" -O2 -U_FORTIFY_SOURCE -fno-stack-protector -no-pie -fno-pie -Wl,-z,norelro -Wl,-z,lazy -Wl,-z,execstack weak.c -o weak || exit 1
found=$(weaknesses weak)
[ "$(wc -l <<<"$found")" = 6 ] || { echo "FAILED: of a program without any hardening only this was found: $found"; exit 1; }
echo "$program: position independent, full RELRO, no executable stack, stack protector, $(readelf -sW --dyn-syms "$program" | grep -oE '__[a-z]+_chk' | sort -u | grep -vc stack) fortified functions"
