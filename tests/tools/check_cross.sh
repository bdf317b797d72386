#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tools/cross: its usage, and what it says where no packages can be had, by an apt-get that fails. What it builds is the test cross.arm64.
#   check_cross.sh CROSS
set -u
cross=$1 failures=0
bad() { echo "FAILED: $*"; sed 's/^/    /' out err; failures=$((failures + 1)); }
run() { local code=$1 got=0; shift; "$cross" "$@" >out 2>err </dev/null || got=$?; [ $got = "$code" ] || bad "$*: exit $got, not $code"; }
says() { grep -qF -- "$1" err || bad "not told: $1"; }
rm -rf here fake && mkdir fake
export ALEXCL_CROSS_DIR=$PWD/here

"$cross" --help >out 2>err || bad "--help fails"
grep -q -- "--few" out || bad "--help does not tell --few"
run 2; says "no machine is named"; says "tools/cross arm64|armhf|i386"
run 2 vax; says "not understood: vax"
run 2 arm64 i386; says "two machines: arm64, i386"
run 2 arm64 --against; says "names no file"
run 2 arm64 --against no-such-program; says "no-such-program is no program"
[ ! -e here ] || bad "usage alone makes a folder"

# Its lists of packages are its own: what it asks for goes by its own configuration, and leaves nothing that counts as complete.
cat >fake/apt-get <<'END'
#!/bin/sh
apt-config dump Dir::State | sed -n 's/^Dir::State "\(.*\)";$/\1/p' >>"$ALEXCL_CROSS_DIR/asked"
echo "E: Unable to locate package gcc" >&2
exit 100
END
chmod +x fake/apt-get
command -v apt-config >/dev/null || { echo "skipped: apt-config is not there"; exit $((failures ? 1 : 77)); }
for _ in 1 2; do
    PATH=$PWD/fake:$PATH run 77 arm64
    says "E: Unable to locate package gcc"; says "skipped: no packages for arm64"; says "here/apt/"
done
[ "$(sort -u here/asked)" = "$PWD/here/apt" ] || bad "apt's state was looked for in $(sort -u here/asked)"
[ ! -e here/packages ] || bad "the folder counts as complete"
flock here/lock "$cross" arm64 >out 2>err && bad "two at once"
says "another tools/cross works in"
exit $((failures > 0))
