#!/usr/bin/env bash
# check_readme.sh SOURCE BUILD: runs every command of SOURCE/README.md as written, in order, in an empty folder that looks like the
# repository with BUILD as its build folder; 1 if one fails or prints something else.
#   ```sh       each line is a command
#   ```console  those behind "$ " are; what stands under them differs from machine to machine
#   ```text     directly behind ```sh: what the last command prints; with a line ... in it: lines that it prints, in this order
#   ```c        example.c
# Not run: tools/demo and tools/test, which are tests themselves.
set -uo pipefail
source=$1 build=$2
folder=$(mktemp -d "$PWD/readme.XXXXXX")
trap 'rm -rf "$folder"' EXIT
cd "$folder" && ln -s "$source"/{tools,runtime,share,tests} . && ln -s "$build" build || exit 1

failed=0
bad() { printf 'README.md:%s: %s\n' "$number" "$1"; failed=1; }

run() {
    case $1 in "" | tools/demo* | tools/test*) return ;; esac
    eval "$1" >"$folder/out" 2>"$folder/err" </dev/null || { bad "exit code $?: $1"; cat "$folder/err"; }
    at=0
}

expect() { # the line, behind the one that was found last
    local line
    lines=$((lines + 1))
    [ "$1" != ... ] || { parts=1; return 0; }
    line=$(sed 's/ *$//' "$folder/out" | awk -v from="$at" -v want="$1" 'NR > from && $0 == want {print NR; exit}')
    [ -n "$line" ] && at=$line || bad "not printed: $1"
}

number=0 at=0 lines=0 parts=0 block="" closed=-1
while IFS= read -r line; do
    number=$((number + 1))
    case $block:$line in
    :'```'*)
        block=${line#'```'}
        [ "$block" != text ] || [ $number = $((closed + 1)) ] || block=other
        [ "$block" != c ] || : >example.c
        lines=0 parts=0
        ;;
    *:'```')
        [ "$block" != sh ] || closed=$number
        [ "$block:$parts" != text:0 ] || [ $lines = "$(wc -l <"$folder/out")" ] || bad "$(wc -l <"$folder/out") lines are printed, $lines shown; ... stands for others"
        block=""
        ;;
    sh:*) run "$line" ;;
    console:'$ '*) run "${line#'$ '}" ;;
    text:*) expect "$line" ;;
    c:*) printf '%s\n' "$line" >>example.c ;;
    esac
done <"$source/README.md"
exit $failed
