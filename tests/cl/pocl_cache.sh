#!/usr/bin/env bash
# PoCL offers no device to a user for whom it cannot write its cache: which folder that is, and the way on, is told.
#   pocl_cache.sh PROGRAM PHOTOS [SKIP TEXT]
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../support/cli_support.sh"
. "$here/../endure/as_user.sh"
program=$1 photos=$2
if [ -n "${3:-}" ]; then echo "$3"; exit 77; fi
enter_run
[ $permissions = 1 ] || exit 77
unset POCL_CACHE_DIR XDG_CACHE_HOME
of_user() { user "$program" "$@"; }
alexcl=of_user

HOME=/ run 3 devices; says "PoCL offers no device where it cannot write its cache, //.cache/pocl"; says "this user cannot"; says "POCL_CACHE_DIR=FOLDER"
grep -q "apt install pocl" err && bad "what is installed is to be installed"
HOME=/ run 3 time --model lenet5 --batch 1 --repeat 1; says "//.cache/pocl"
HOME=/ XDG_CACHE_HOME=/usr run 3 devices; says "/usr/pocl"
HOME=/ XDG_CACHE_HOME=/usr POCL_CACHE_DIR=/etc/deep/er run 3 devices; says "/etc/deep/er"
HOME=/ run 3 time --model lenet5 --devices gpu; grep -q "PoCL offers" err && bad "PoCL is explained to one who wants a GPU"
HOME=/ POCL_CACHE_DIR=$PWD/home/pocl run 0 devices; prints "usable" # which is the way on
end
