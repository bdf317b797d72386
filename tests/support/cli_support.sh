# What the checks of the command line share, to be sourced by bash: `alexcl` is the program, `failures` counts, `what` is being tried.
failures=0 what=

bad() { echo "FAILED: $what: $*"; cat -v out err | sed 's/^/    /' | head -n 20; failures=$((failures + 1)); }
# run CODE ARGUMENTS...: runs alexcl, keeps stdout and stderr in the files out and err, and compares the exit code.
ended() { local got=$?; [ $got = "$1" ] || bad "exit $got, not $1"; }
run() { local code=$1; shift; what="alexcl $*"; "$alexcl" "$@" >out 2>err </dev/null; ended "$code"; }
# interrupt_when CONDITION [SIGNAL CODE]: Ctrl-C for what was begun last in the background, once the condition, a command, is true; before, a signal
# ends it like any program.
interrupt_when() { for _ in $(seq 600); do $1 && break; sleep 0.1; done; kill -"${2:-INT}" $!; wait $!; ended "${3:-130}"; }
says() { grep -qF -- "$1" err || bad "stderr does not say: $1"; }
prints() { grep -qF -- "$1" out || bad "stdout does not say: $1"; }
silent() { [ ! -s err ] || bad "stderr is not empty"; }
# Wherever this runs: the current folder's name does not count.
narrow() { sed "s|$PWD||" out | awk 'length > 80 {exit 1}' || bad "a line is longer than 80 columns"; }
json() { [ -s out ] && jq -e "$1" out >/dev/null || bad "JSON: not $1"; }
tiny() { local code=$1; shift; run "$code" --model tiny2t "$@"; }
# Nothing that a terminal would obey, and nothing that is no UTF-8.
shown() { LC_ALL=C grep -qaP '[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]' out err && bad "control characters are shown"; iconv -f UTF-8 -t UTF-8 out err >/dev/null 2>&1 || bad "what is shown is no UTF-8"; }
end() { [ $failures = 0 ] && echo "all good" || { echo "$failures failures"; exit 1; }; }
