#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Fuzzes what reads files and texts, with libFuzzer, AddressSanitizer and UndefinedBehaviorSanitizer (preset `fuzz`, in build/fuzz).
#   tests/fuzz/run.sh                            8 seconds each target
#   tests/fuzz/run.sh --minutes 10 [TARGET...]   longer; --seconds likewise
#   tests/fuzz/run.sh --merge [TARGET...]        corpus/TARGET and what reaches more, in build/fuzz/merged/TARGET: to take into corpus/TARGET
#   tests/fuzz/run.sh --build                    builds only; --built: does not
# Inputs that cover something new are kept in build/fuzz/corpus/TARGET for the next run. An input that fails is kept in build/fuzz/findings,
# with the command that repeats it; it belongs in corpus/TARGET when what it found is mended. Exit code 1: something was found.
set -uo pipefail
cd "$(dirname "$0")/../.."
here=tests/fuzz out=build/fuzz seconds=8 action=run build=1 targets=()
while [ $# -gt 0 ]; do
    case $1 in
    --minutes) seconds=$((${2:?} * 60)); shift ;;
    --seconds) seconds=${2:?}; shift ;;
    --merge) action=merge ;;
    --build) action=build ;;
    --built) build=0 ;;
    -*) sed -n '3,9s/^# \{0,1\}//p' "$0"; exit 2 ;;
    *) targets+=("$1") ;;
    esac
    shift
done
all=$(sed -n 's/^set(FUZZ_TARGETS \(.*\))$/\1/p' $here/CMakeLists.txt)
[ ${#targets[@]} -gt 0 ] || read -ra targets <<<"$all"

# A private folder: for what a target writes, too.
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
echo 'int LLVMFuzzerTestOneInput(const char *d, unsigned long n) { return n && !d; }' >"$work/probe.c"
if ! clang-14 -fsanitize=fuzzer,address "$work/probe.c" -o "$work/probe" 2>/dev/null; then
    echo "skipped: clang-14 with libFuzzer is not installed (tools/setup --all installs it)"
    exit 77
fi
if [ $build = 1 ]; then
    cmake --preset fuzz >/dev/null && cmake --build $out --target fuzz --parallel "$(nproc)" >$out/build.log 2>&1 || {
        tail -n 30 $out/build.log
        exit 1
    }
fi

export ASAN_OPTIONS=allocator_may_return_null=1:detect_leaks=1
export UBSAN_OPTIONS=print_stacktrace=1
mkdir -p $out/findings
failed=0
for target in "${targets[@]}"; do
    program=$PWD/$out/tests/fuzz/fuzz_$target most=4096 folders=("$PWD/$here/corpus/$target") extra=()
    case $target in
    bmp | jpeg | png | ppm | webp) # the pictures of tests/host/data/pictures, those of this kind
        mkdir -p "$work/seeds/$target"
        for file in tests/host/data/pictures/"$target"_*.*; do case $file in *.rgb | *.*.png) continue ;; esac; [ "$(stat -c %s "$file")" -gt $most ] || cp "$file" "$work/seeds/$target/"; done
        folders+=("$work/seeds/$target")
        ;;
    caffemodel | prototxt) # the files of tests/formats/caffe, of this kind
        most=8192
        mkdir -p "$work/seeds/$target"
        cp tests/formats/caffe/*."$target" "$work/seeds/$target/"
        folders+=("$work/seeds/$target")
        ;;
    torch)
        folders+=("$PWD/tests/formats/torch")
        ;;
    image_list) # a line longer than may be
        most=80000
        mkdir -p "$work/seeds/$target"
        { head -c 65600 /dev/zero | tr '\0' a; printf '\r\nb.png 1\n'; } >"$work/seeds/$target/long"
        folders+=("$work/seeds/$target")
        ;;
    esac
    [ -x "$program" ] || { echo "no fuzz target is called $target: $all"; exit 2; }
    [ ! -f "$here/$target.dict" ] || extra+=("-dict=$PWD/$here/$target.dict")
    mkdir -p "$out/corpus/$target"
    if [ $action = merge ]; then
        # By edges alone: how often one is taken makes ten times as many inputs.
        merged=$PWD/$out/merged/$target
        rm -rf "$merged" && mkdir -p "$merged" && cp "$here/corpus/$target"/* "$merged/"
        (cd "$work" && "$program" -merge=1 -use_counters=0 -max_len=$most -rss_limit_mb=1500 -close_fd_mask=1 "$merged" "$OLDPWD/$out/corpus/$target" \
            "${folders[@]:1}") >"$out/merge.$target.log" 2>&1 || { tail -n 20 "$out/merge.$target.log"; exit 1; }
        echo "$target: $(ls "$merged" | wc -l) inputs of $(cat "$merged"/* | wc -c) bytes in $merged"
    elif [ $action = run ]; then
        log=$out/$target.log
        (cd "$work" && "$program" -max_total_time="$seconds" -rss_limit_mb=1500 -timeout=10 -max_len=$most -close_fd_mask=1 -print_final_stats=1 \
            -artifact_prefix="$OLDPWD/$out/findings/$target-" "${extra[@]}" "$OLDPWD/$out/corpus/$target" "${folders[@]}") >"$log" 2>&1
        code=$?
        runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
        if [ $code = 0 ] && [ "${runs:-0}" -gt 0 ]; then
            echo "$target: $runs inputs in $seconds s, $(sed -n 's/.* cov: \([0-9]*\).*/\1/p' "$log" | tail -n 1) edges, nothing found"
            continue
        fi
        failed=1
        echo "$target: a finding (exit code $code; $log):"
        grep -vE '^#[0-9]+\s+(NEW|REDUCE|pulse|RELOAD|INITED|DONE)|^	NEW_FUNC' "$log" | head -n 60
        kept=$(sed -n 's/^artifact_prefix=.*Test unit written to //p' "$log" | tail -n 1)
        echo "to repeat it: $program ${kept:-(no input was kept)}"
    fi
done
exit $failed
