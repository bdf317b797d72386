#!/usr/bin/env bash
# Builds a sanitizer preset and runs its tests, on PoCL and the reference: Intel's runtime is not clean under sanitizers itself.
#   tests/rebuilt/sanitize.sh asan|tsan
set -euo pipefail
cd "$(dirname "$0")/../.."
cmake --preset "$1" >/dev/null
cmake --build --preset "$1" --target but_kernels --parallel "$(nproc)"
# Kernels are compiled by the driver, which no sanitizer sees into. To a sanitizer one small net is like the other (ALEXCL_TEST_FEW), and so is
# one of full size, which take minutes on the reference. `alexcl check` runs what selfcheck.right does, and faults.check runs `alexcl check`.
# The list of mutants names tests that a sanitizer's build leaves out. The command line around the tuner compiles for minutes what the tuner's own test has compiled.
# What is killed in the middle of a write is read by what hostile_cache damages on purpose.
# A comma is in the names of tests on two vendors. A net's training goes the same way whatever its shape is.
# The command line, `features`, `nearest` and `distance` on the reference are the same scripts as on PoCL.
# To ThreadSanitizer a failed check of kernels is one thread's business, and so is `alexcl check`; what a run survives from outside is memory's. The
# tests of `alone` start no threads.
leave=kernel
names=',|^cli_tune|^cli_train\.none|^cli_train\.both|^trainer\.ref|^train_nets\..*\.ref|^train_nets\.tiny_|^train_nets\.lenet5_1998|\.intel$|\.rusticl$|\.oclgrind$|^two_vendors$'
names+='|^selfcheck|^cli\.none|^cli_check\.pocl|^onnx_suite\.light|^cli_features\.none|^cli_distance\.none|22[47][p2]*\.ref$|(paper|orig|article|torchvision)[0-9p]+\.pocl|^architecture|^readme|^mutation|^killed|^real_data'
# Nets that differ in no thread are one to it, whoever wrote their files.
alone='weights|optimizer|loss|normal|recipe|schedule|initial|prepare|conv_pack|fp16|safetensors|kinds|decode|matrix|counter_rng|status|nearest|ref_oracle|ref_operators|fuzz'
alone+='|gradients|graph_backward|pack_file|data_set|train_data|train_curves|epoch_order|augment|weights_match|weights_file|cli_weights|model_made|caffemodel|child|h5_list|keras|keras_model|npy|onnx|onnx_lrn|pickle|prototxt|torch|lpips|sheet'
alike='oracle_nets\.tiny_across|oracle_nets\.tiny_nolrn|oracle_nets\.tiny_orig|oracle_nets\.caffe227|caffe_nets|keras_nets|files\.pocl|onnx_suite'
[ "$1" != tsan ] || leave='kernel|endure' names+="|^faults\.kernels|^cli_check|^($alike)(\.|\$)|^($alone)(\.|\$)"
export ALEXCL_TEST_FEW=1
select=(--test-dir "build/$1" -LE "$leave" -E "$names")
# of an expression that it cannot read, as one with ten pairs of parentheses, ctest leaves out nothing
if ctest -N "${select[@]}" 2>&1 | grep RegularExpression; then exit 1; fi
exec ctest "${select[@]}" --output-on-failure --parallel $(($(nproc) + 1))
