#!/bin/sh
# The long run for as long as you like: one net on PoCL, batch after batch; memory and open files must not grow. A line a minute.
#   tests/endure/soak.sh [MINUTES] [BUILD FOLDER]     60 minutes, build/test
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
ALEXCL_SOAK_MINUTES=${1:-60}
export ALEXCL_SOAK_MINUTES
exec ctest --test-dir "${2:-$root/build/test}" -L soak --verbose
