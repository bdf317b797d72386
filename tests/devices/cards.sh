#!/usr/bin/env bash
# One card through two drivers, or two: what is asked of drivers, in each form in which they answer (answers_layer.c).
#   cards.sh PROGRAM LAYER [SKIP TEXT]
# OCL_ICD_VENDORS makes PoCL and another implementation visible.
set -u
. "$(dirname "$0")/../support/cli_support.sh"
program=$1 layer=$2 answers=""
if [ -n "${3:-}" ]; then echo "$3"; exit 77; fi
rm -rf run && mkdir run && cd run || exit 1
answering() { timeout 300 env OPENCL_LAYERS="$layer" ANSWERS="cards,$answers" "$program" "$@"; }
alexcl=answering
asked() { answers=$1; run 0 devices --format json; what="$answers"; json '.devices | length == 2'; }
one() { asked "$1"; json '.devices | map(.alias_of) | map(select(. != null)) | length == 1'; json 'all(.devices[]; .maybe_alias_of == null)'; }
two() { asked "$1"; json 'all(.devices[]; .alias_of == null and .maybe_alias_of == null)'; }
unknown() { asked "$1"; json 'all(.devices[]; .alias_of == null)'; json '.devices | map(.maybe_alias_of) | map(select(. != null)) | length == 1'; }

one pocl_khr=1:3,other_nv=1:3
two pocl_khr=1:3,other_nv=2:3
one pocl_khr=1:3,other_nv=x:3 # a driver that tells no domain
two pocl_khr=1:3,other_nv=x:4
one pocl_amd=1:3,other_nv=2:3 # AMD's own form has none
two pocl_amd=1:3,other_nv=2:5
unknown pocl_amd=0:3,other_nv=0:3 # a topology that is no PCI Express one
unknown pocl_khr=0:0,other_nv=0:0 # zeros are no place
one pocl_khr=0:0,other_nv=0:0,pocl_board
one pocl_board
one uuid
unknown none
end
