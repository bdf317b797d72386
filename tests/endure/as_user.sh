# To be sourced behind cli_support.sh, with `program` and `photos` set before enter_run: user COMMAND... runs it as somebody for whom
# permissions hold, for five minutes at most. `permissions` is 0 where there is nobody to do that, which is said.
permissions=1
as=()

# A fresh folder, run, to work in, which belongs to that user.
enter_run() {
    chmod -R u+rwx run 2>/dev/null
    rm -rf run && mkdir run && cd run || exit 1
    if [ "$(id -u)" = 0 ]; then
        as=(setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all)
        if ! command -v setpriv >/dev/null; then
            echo "skipped: permissions, since setpriv is not installed (tools/setup --all installs it)"; as=() permissions=0
        elif ! "${as[@]}" test -x "$program" -a -r "$photos/cat.png" -a -x .; then
            echo "skipped: permissions, since nobody cannot reach the build folder"; as=() permissions=0
        else
            chown 65534:65534 .
        fi
    fi
    export HOME=$PWD/home XDG_CACHE_HOME=$PWD/home/xdg POCL_CACHE_DIR=$PWD/home/pocl ALEXCL_CACHE_DIR=$PWD/cache
    user mkdir -p home/pocl
}
user() { "${as[@]}" timeout 300 "$@"; }
