#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Debian's packages of this tree: what is in them, what they need, and that the program runs out of them. In a folder of its own.
#   packages.sh FOLDER SOURCES COMPILER
set -uo pipefail
folder=$1 sources=$2 compiler=$3
[ -d "$folder" ] || { echo "skipped: no packages were made: dpkg-shlibdeps is not installed (package dpkg-dev)"; exit 77; }
rm -rf run && mkdir run && cd run || exit 1
failures=0
bad() { echo "FAILED: $*"; failures=$((failures + 1)); }

# ---- what is in them, but for each command's page and what the interface's version names
for package in alexcl libalexcl1 libalexcl-dev python3-alexcl; do
    file=$(find "$folder" -maxdepth 1 -name "${package}_*.deb")
    [ -f "$file" ] || { bad "no package $package"; continue; }
    dpkg-deb -c "$file" | awk '$1 !~ /^d/ {print $6}' | sed 's|^\./||; s|/lib/[a-z0-9_]*-linux-[a-z]*/|/lib/|; s|\.so\.[0-9]\.[0-9]\.[0-9]$|.so.VERSION|
        s|alexcl-[a-z]*\.1\.gz|alexcl-COMMAND.1.gz|; s|alexcl-targets-[a-z]*[.]cmake|alexcl-targets-BUILD.cmake|' | sort -u | sed "s|^|$package |"
    dpkg-deb -x "$file" root
    dpkg-deb -f "$file" Depends | sed "s/^/$package: /" >>depends
    dpkg-deb -I "$file" | grep -E '^ (Version|Maintainer|Description): .' | wc -l | grep -qx 3 || bad "$package lacks a version, a maintainer or a description"
done >files
diff "$sources/tests/packages/files.txt" files || bad "other files than tests/packages/files.txt (<)"
grep -q '^libalexcl1: .*ocl-icd-libopencl1[^,]* | libopencl-1' depends || bad "libalexcl1 does not need an OpenCL loader, ocl-icd's or another: $(cat depends)"
grep -q '^alexcl: .*libalexcl1 (= ' depends || bad "alexcl does not need its library: $(cat depends)"
grep -q '^python3-alexcl: .*python3-numpy' depends || bad "python3-alexcl does not need NumPy: $(cat depends)"

# ---- it runs out of them
library=$(dirname "$(find "$PWD/root" -name libalexcl.so.1)")
export LD_LIBRARY_PATH=$library
program=root/usr/bin/alexcl
commands=$($program --help | sed -n '/^Commands/,/^$/s/^  \([a-z]*\) .*/\1/p' | grep -vx help | sort)
pages=$(find root/usr/share/man/man1 -name 'alexcl-*.1.gz' -printf '%f\n' | sed 's/alexcl-//; s/\.1\.gz//' | sort)
[ "$commands" = "$pages" ] || bad "manual pages of other commands: $(diff <(echo "$commands") <(echo "$pages"))"
$program infer -q --model alexnet-small -d ref --format csv --top 1 "$sources/tools/fashion/test00.png" | grep -q ',1,9,Ankle boot,' || bad "a boot is none"
for shell in bash:bash-completion/completions/alexcl zsh:zsh/vendor-completions/_alexcl fish:fish/vendor_completions.d/alexcl.fish; do
    $program completion "${shell%%:*}" | cmp - "root/usr/share/${shell#*:}" || bad "another completion of ${shell%%:*}"
done
pc=$(dirname "$(find "$PWD/root" -name alexcl.pc)")
read -ra flags <<<"$(PKG_CONFIG_PATH=$pc pkg-config --cflags --libs alexcl)"
"$compiler" -std=c11 "$sources/tests/rebuilt/caller.c" "${flags[@]}" -o caller && ./caller >told 2>&1 || bad "a program with alexcl.pc: $(cat told)"

# ---- Debian's own judge
if command -v lintian >/dev/null; then
    lintian --fail-on error --tag-display-limit 0 "$folder"/*.deb >told 2>&1 || bad "lintian: $(grep '^E:' told)"
else
    echo "not judged: lintian is not installed"
fi
[ $failures = 0 ] && echo "all good" || { echo "$failures failures"; exit 1; }
