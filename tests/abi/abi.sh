#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The shared library's binary interface against libalexcl.abi beside this file, by libabigail. In a folder of its own.
#   abi.sh LIBRARY HEADERS           fails where a program that was linked with the interface of libalexcl.abi may not run with LIBRARY, and
#                                    where LIBRARY has more than it
#   abi.sh LIBRARY HEADERS --write   makes libalexcl.abi anew: in the commit that raises ALEXCL_API_VERSION in alexcl.h, its first number
#                                    where something was changed or taken away, its second where something was added
# LIBRARY has debug information, HEADERS is the folder of the installed ones.
set -u
library=$1 headers=$2 kept=$(dirname "$(realpath "$0")")/libalexcl.abi
command -v abidiff >/dev/null || { echo "skipped: abidiff is not installed (tools/setup --all installs it: abigail-tools)"; exit 77; }
[ -f "$library" ] || { echo "skipped: there is no shared library"; exit 77; }
abidw --exported-interfaces-only --no-corpus-path --no-comp-dir-path --no-show-locs --drop-private-types --headers-dir "$headers" "$library" |
    sed "s|path='[^']*/runtime/|path='runtime/|" >now.abi
[ "${3:-}" != --write ] || { cp now.abi "$kept"; exit; }
compared() { abidiff "$1" now.abi >told 2>&1; } # exit code, bits: 1, 2 failed; 4 changed; 8 in a way that breaks

# That it can fail: a function less, a member that lies elsewhere.
sed "s/alexcl_net_run'/alexcl_net_ran'/g" "$kept" >other.abi; compared other.abi
[ $(($? & 12)) = 12 ] || { echo "a function that is gone is not noticed: $(cat told)"; exit 1; }
sed "/<class-decl name='alexcl_train_result'/,/<\/class-decl>/ s/layout-offset-in-bits='128'/layout-offset-in-bits='192'/" "$kept" >other.abi; compared other.abi
[ $(($? & 4)) = 4 ] || { echo "a member that has moved is not noticed: $(cat told)"; exit 1; }

compared "$kept"
case $? in
0) echo "all good" ;;
4) cat told; echo "the interface has changed: raise ALEXCL_API_VERSION's second number, or its first where it breaks programs, and run tests/abi/abi.sh LIBRARY HEADERS --write"; exit 1 ;;
*) cat told; echo "the interface breaks programs: raise ALEXCL_API_VERSION's first number, and run tests/abi/abi.sh LIBRARY HEADERS --write"; exit 1 ;;
esac
