#!/usr/bin/env bash
# check_readme.sh SOURCE BUILD DOCUMENT: runs every command of SOURCE/DOCUMENT (README.md, README.zh.md, docs/*.md) as written, in order, in
# an empty folder that looks like the repository with BUILD as its build folder; 1 if one fails or prints something else.
#   ```sh          each line is a command
#   ```sh by hand  is not run: what it names must be there, and have the options that it gives; \ at its end joins a line with the next
#   ```console     those behind "$ " are; what stands under them differs from machine to machine
#   ```text        directly behind ```sh: what the last command prints; with a line ... in it: lines that it prints, in this order
#   ```c           example.c
# Not run: tools/demo and tools/test, which are tests themselves. Behind README the program is in PATH; a reader's own files (my-net.pth,
# which is of 7 classes, their names, and pictures) are there.
set -uo pipefail
source=$1 build=$2 document=$3
folder=$(mktemp -d "$PWD/readme.XXXXXX")
trap 'rm -rf "$folder"' EXIT
cd "$folder" && ln -s "$source"/{tools,runtime,share,tests} . && ln -s "$build" build || exit 1

failed=0 number=0
bad() { printf '%s:%s: %s\n' "$document" "$number" "$1"; failed=1; }

if grep -q my-net.pth "$source/$document"; then
    mkdir my-pictures && cp tools/photos/cat.png tools/photos/coffee.jpg my-pictures && printf 'class %s\n' 1 2 3 4 5 6 7 >my-names.txt
    build/host/alexcl weights init --model tiny2t -q -o my.safetensors && python3 tests/host/weights_forge.py my.safetensors my-net.pth \
        classes=7 names=torchvision || bad "my-net.pth cannot be made"
fi
case $document in docs/*) PATH=$PWD/build/host:$PATH ;; esac

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

# has_option TEXT OPTION: --name or -n in a help, or at the beginning of a row of `train --recipe show`.
has_option() { grep -qE -- "(^|[^a-z-])$2([^a-z-]|\$)|^${2#--} " <<<"$1"; }

by_hand() { # each program of ours that a line names: that it is there, and each option of it
    local word name="" about="" command words i
    read -ra words <<<"$1"
    for i in "${!words[@]}"; do
        word=${words[i]%;} word=${word#\(} word=${word%\)}
        case $word in
        '|' | '||' | '&&' | do | '') name="" ;;
        alexcl | */alexcl)
            name=alexcl about=$(build/host/alexcl --help)
            for command in "${words[@]:i+1}"; do
                grep -qE "^  $command " <<<"$about" || continue
                name="alexcl $command" about+=$'\n'$(build/host/alexcl help "$command")
                [ "$command" != train ] || about+=$'\n'$(build/host/alexcl train --recipe show)
                break
            done
            [ "$name" != alexcl ] || bad "no command of alexcl: $1" ;;
        tools/* | tests/*.sh | tests/*.py | tests/mutation/mutate)
            [ -z "$name" ] || continue # an argument
            name=$word about=$(cat "$source/$word" "$source/$word.d"/* 2>/dev/null)
            [ -x "$source/$word" ] || bad "$word is not there" ;;
        -[a-z-]*)
            [ -z "$name" ] || has_option "$about" "${word%%=*}" || bad "$name has no option ${word%%=*}" ;;
        esac
    done
}

at=0 lines=0 parts=0 block="" closed=-1 joined=""
while IFS= read -r line; do
    number=$((number + 1))
    case $block:$line in
    :'```'*)
        block=${line#'```'}
        [ "$block" != text ] || [ $number = $((closed + 1)) ] || block=other
        [ -n "$block" ] || block=other
        [ "$block" != c ] || : >example.c
        lines=0 parts=0
        ;;
    *:'```')
        [ "$block" != sh ] || closed=$number
        [ "$block:$parts" != text:0 ] || [ $lines = "$(wc -l <"$folder/out")" ] || bad "$(wc -l <"$folder/out") lines are printed, $lines shown; ... stands for others"
        block=""
        ;;
    sh:*) run "$line" ;;
    'sh by hand:'*'\') joined+=${line%\\} ;;
    'sh by hand:'*) by_hand "$joined$line"; joined="" ;;
    console:'$ '*) run "${line#'$ '}" ;;
    text:*) expect "$line" ;;
    c:*) printf '%s\n' "$line" >>example.c ;;
    esac
done <"$source/$document"
exit $failed
