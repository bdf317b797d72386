#!/usr/bin/env bash
# `alexcl manual` and `alexcl completion`: both are made of the table of options, so what --help lists must be in each. Runs in a folder of its own.
#   check_command_manual.sh PROGRAM
set -u
. "$(dirname "$0")/../support/cli_support.sh"
alexcl=$1
rm -rf run && mkdir run && cd run || exit 1

# options_of HELP: its options, --name and -x, one a line
options_of() { sed -nE 's/^  (-[A-Za-z], |    )(--[a-z0-9-]+).*/\1\n\2/p' "$1" | tr -d ' ,' | sed '/^$/d'; }
# has FILE WORD: as a whole word
has() { grep -qE -- "(^|[^A-Za-z0-9-])$2([^A-Za-z0-9-]|\$)" "$1" || bad "lacks $2"; }

run 0 --help; cp out help; sed -n '/^Commands/,/^$/s/^  \([a-z]*\) .*/\1/p' help | grep -v '^help$' >commands
[ "$(wc -l <commands)" -ge 20 ] || bad "commands of --help: $(wc -l <commands)"

# ---- manual pages
for command in "" $(cat commands); do
    page=alexcl${command:+-$command}
    run 0 manual $command; silent; mv out $page.1
    run 0 help $command; cp out $page.help
    [ -z "$command" ] || grep -qx "  $command .*" help || bad "--help lacks it"
    what="$page.1"
    grep -q '^\.TH ' $page.1 || bad "no title"
    if command -v groff >/dev/null; then
        groff -ww -man -Tutf8 $page.1 >shown 2>told && [ ! -s told ] || bad "groff: $(head -n 2 told)"
        [ "$(wc -l <shown)" -gt 15 ] || bad "only $(wc -l <shown) lines"
    fi
    # as man reads it: \- is -, and \f begins another font
    sed 's/\\-/-/g; s/\\f[BIR]/ /g' $page.1 >plain
    for option in $(options_of $page.help); do has plain "$option"; done
    [ -n "$command" ] || while read -r name; do has plain "alexcl-$name"; done <commands
done
if command -v man >/dev/null && man --version >/dev/null 2>&1; then
    what="man --warnings"
    for page in alexcl*.1; do LC_ALL=C.UTF-8 MANROFFSEQ='' man --warnings -E UTF-8 -l "./$page" >/dev/null 2>told && [ ! -s told ] || bad "$page: $(head -n 1 told)"; done
fi
run 2 manual nosuch; says "there is no command nosuch"; run 2 manual infer time; says "time"

# ---- completions
for shell in bash zsh fish; do
    run 0 completion $shell; silent; mv out $shell
    # fish names an option without its hyphens, behind -l and -s
    sed -E 's/ -l ([a-z0-9-]+)/ --\1/; s/ -s ([A-Za-z])( |$)/ -\1\2/' $shell | sed 's/=\[/ [/g' >plain
    what="completion $shell"
    while read -r name; do
        has plain "$name"
        for option in $(options_of alexcl-$name.help); do
            case $shell in
            bash) grep " $name) command=" plain; tail -n 9 plain ;;
            zsh) sed -n "/^        $name)\$/,/;;/p" plain ;;
            fish) grep -E "__fish_seen_subcommand_from $name'|^complete -c alexcl --" plain ;;
            esac >part
            has part "$option"
        done
    done <commands
done
run 2 completion tcsh; says "bash, zsh or fish"; run 2 completion; says "completion"
completes() { # WORDS.. : what bash offers for the last of them
    bash --norc -c '. ./bash; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=(); _alexcl; printf "%s\n" "${COMPREPLY[@]}"' bash "$@" >out
}
what="bash, a command"; completes alexcl inf; [ "$(cat out)" = infer ] || bad "$(cat out)"
what="bash, an option"; completes alexcl train --lr-sch; [ "$(cat out)" = --lr-schedule ] || bad "$(cat out)"
what="bash, another command's option"; completes alexcl infer --lr-sch; [ -z "$(cat out)" ] || bad "$(cat out)"
what="bash, an option of all"; completes alexcl infer --verb; [ "$(cat out)" = --verbose ] || bad "$(cat out)"
what="bash, a model"; completes alexcl time -m alexnet-c; [ "$(cat out)" = alexnet-caffe ] || bad "$(cat out)"
what="bash, a model's file"; completes alexcl time --model ./net; [ -z "$(cat out)" ] || bad "$(cat out)" # the shell's own, of files
what="models"; run 0 models --format json; for name in $(jq -r '.models[].name' out); do for shell in bash zsh fish; do has $shell "$name"; done; done
! command -v zsh >/dev/null || { what="zsh -n"; zsh -n zsh || bad "does not parse"; }
! command -v fish >/dev/null || { what="fish -n"; fish -n fish || bad "does not parse"; }
! command -v shellcheck >/dev/null || { what="shellcheck"; shellcheck -s bash -S warning bash || bad "findings"; }
end
