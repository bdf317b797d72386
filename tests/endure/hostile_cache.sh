#!/usr/bin/env bash
# The cache of compiled kernels where it cannot be had or is not what was stored: the scores are the same, nothing in it is believed, and
# what cannot be kept is told in one warning. As root everything runs as nobody, for whom permissions hold.
#   hostile_cache.sh PROGRAM PHOTOS [SKIP TEXT]
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../support/cli_support.sh"
. "$here/as_user.sh"
program=$1 photos=$2
if [ -n "${3:-}" ]; then echo "$3"; exit 77; fi
enter_run
unset ALEXCL_CHECK # off in other tests: that kernels have been checked is kept here too
tried() { user "$program" "$@"; }
alexcl=tried
printf '%s\n' "$photos/astronaut.jpg" "$photos/cat.png" | user tee list.txt >/dev/null

# with FOLDER [WARNING...]: a start with that cache gives the scores, and on stderr each of the texts; nothing where there is none.
with() {
    export ALEXCL_CACHE_DIR=$1
    tiny 0 infer -q --log warning --devices 0 list.txt --save got.npy
    what="cache ${1:0:60}"
    [ ! -e want.npy ] || cmp -s want.npy got.npy || bad "other scores"
    shift
    [ $# -gt 0 ] || silent
    for text in "$@"; do says "$text"; done
    [ "$(wc -l <err)" -le 1 ] || bad "told more than once"
    shown
}
# Compiled kernels, and that they have been checked.
entries() { find "$1" \( -name '*.clbin' -o -name '*.checked' \) -type f; }
# The number of entries that a start made again.
anew() { export ALEXCL_CACHE_DIR=$1; tiny 0 infer -q --log info --devices 0 list.txt --save got.npy; cmp -s want.npy got.npy || bad "other scores"; again=$(grep -c "not believed" err); }

with cache
user mv got.npy want.npy
count=$(entries cache | wc -l)
[ "$count" -ge 1 ] || bad "nothing is kept" # a driver that keeps kernels itself leaves the memory of the check alone
with cache
anew cache; [ "$again" = 0 ] || bad "$again entries of a sound cache are not believed"
user cp -r cache pristine

# ---- folders that cannot be used
user mkdir -m 555 readonly; user mkdir -m 775 group; user mkdir -m 777 everyone; user mkfifo fifo; user touch file
user ln -s nowhere dangling; user ln -s loop loop; user ln -s pristine link; user mkdir -m 700 parent; user mkdir -m 500 parent/shut
user /usr/bin/python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("socket")'
with group "others may write" "chmod go-w"; with everyone "others may write"
with fifo "is not a folder" "ALEXCL_CACHE_DIR"; with file "is not a folder"; with socket "is not a folder"; with loop "symbolic links" "remove it" "ALEXCL_NO_CACHE"
with dangling "No such file" "check the name"; with file/below "Not a directory"; with "$(printf 'x%.0s' $(seq 300))" "too long"; with "$(printf 'y%.0s' $(seq 5000))" "too long"
with link
with $'bell\a\e[2J\n\xff/deep'; [ -n "$(entries $'bell\a\e[2J\n\xff/deep')" ] || bad "nothing is kept"
if [ $permissions = 1 ]; then
    with readonly "Permission denied" "ALEXCL_CACHE_DIR"; with parent/shut/below "Permission denied"
    if [ "$(id -u)" = 0 ]; then
        cp -r pristine roots; chown -R 0:0 roots; chmod 755 roots
        with roots "belongs to another user"
    fi
fi
[ -z "$(entries group)$(entries everyone)$(entries readonly)" ] || bad "entries are kept where they are not believed"

# ---- a full disk
user mkdir full
if [ "$(id -u)" = 0 ] && mount -t tmpfs -o "size=16k,mode=700,uid=$(stat -c %u full)" none full 2>/dev/null; then
    trap 'umount "$PWD/full"' EXIT
    [ "$count" -gt 1 ] || user sh -c 'cat /dev/zero >full/filler' 2>/dev/null # one small entry would fit
    with full "No space left" "make room"
    [ -z "$(find full -type f -not -name '*.clbin' -not -name '*.checked' -not -name filler)" ] || bad "temporary files are left: $(ls full)"
    for entry in $(entries full); do cmp -s "$entry" "pristine/${entry##*/}" || bad "$entry is not whole"; done
else
    echo "skipped: a full disk, since no tmpfs can be mounted here"
fi

# ---- entries that are not what was stored
# damage START WAY...: entry i becomes what the Python text number START + i of the ways, counted round, makes of its `data`.
damage() {
    user rm -rf damaged; user cp -r pristine damaged
    user /usr/bin/python3 - "$@" <<'P'
import glob, os, random, sys
names = sorted(glob.glob("damaged/*.c*")); all_data = [bytearray(open(n, "rb").read()) for n in names]; ways = sys.argv[2:]
random.seed(5 + int(sys.argv[1]))
for i, name in enumerate(names):
    def flip(at): data[at] ^= 1 << random.randrange(8); return data
    data, others = all_data[i][:], all_data[:i] + all_data[i + 1:] or [bytearray(200)]
    scope = {"data": data, "others": others, "name": name, "os": os, "random": random, "flip": flip}
    exec(ways[(int(sys.argv[1]) + i) % len(ways)], scope)
    most = 300 if name.endswith(".checked") else len(scope["data"]) # a longer one is not even read
    if os.path.isfile(name) and not os.path.islink(name): open(name, "wb").write(scope["data"][:most])
P
}
ways=()
for at in 0 7 8 39 40 71 72 79 80 'len(data) // 2' 'len(data) - 1' 'random.randrange(len(data))' 'random.randrange(80, len(data))' 'random.randrange(80, len(data))'; do
    ways+=("data = flip($at)")
done
ways+=('data = b""' 'data = data[:1]' 'data = data[:80]' 'data = data[:-1]' 'data = data + b"x"' 'data = data[:len(data)//2]' 'data = others[0]' 'data = data[:80] + others[0][80:]'
    'data = bytes(len(data))')
for ((start = 0; start < ${#ways[@]}; start += count)); do
    damage $start "${ways[@]}"; anew damaged; what="damage from $start on"
    [ "$again" = "$count" ] || bad "$again of $count entries are made anew"
    anew damaged; [ "$again" = 0 ] || bad "not put right at the next start"
done
damage 0 'os.remove(name)' 'os.remove(name); os.symlink("nowhere", name)' 'os.remove(name); os.symlink(os.path.basename(name), name)'; with damaged
damage 0 'os.remove(name); os.mkfifo(name)' 'os.remove(name); os.mkdir(name)'; with damaged "not a regular file"
[ $permissions = 0 ] || { damage 0 ''; user sh -c "chmod 0 damaged/*"; with damaged; }
echo "$count entries, ${#ways[@]} kinds of damage"
end
