#!/usr/bin/env bash
# Files that are not what they should be, wherever a name is given: the right exit code, a message with name, cause and remedy, and no other
# result lost. As root everything runs as nobody, for whom permissions hold.
#   hostile_files.sh PROGRAM PHOTOS
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../support/cli_support.sh"
. "$here/as_user.sh"
program=$1 photos=$2
enter_run
tried() { user "$program" "$@"; }
alexcl=tried

# scores FILE ROW...: the rows of an .npy file as hexadecimal, one a line.
scores() {
    /usr/bin/python3 - "$@" <<'P'
import struct, sys
data = open(sys.argv[1], "rb").read(); start = 10 + struct.unpack("<H", data[8:10])[0]; width = 4 * int(data[:start].split(b"(")[1].split(b",")[1].strip(b" )"))
for row in sys.argv[2:]: print(data[start + int(row) * width:][:width].hex())
P
}
leftovers() { local left; left=$(find . -regex '.*\.[0-9]+\.[0-9a-f]+\.alexcl' -not -path './cache/*' | head -n 3); [ -z "$left" ] || bad "temporary files are left: $left"; }

# ---- pictures, among good ones
user /usr/bin/python3 "$here/hostile.py" "$photos/cat.png" "$photos/coffee.jpg" || exit 1
good=("$photos/astronaut.jpg" "$photos/cat.png" "$photos/rocket.jpg")
printf '%s\n' "${good[@]}" | user tee good.txt >/dev/null
bads=$(wc -l <hostile.txt)
{ echo "${good[0]}"; head -n 20 hostile.txt; echo "${good[1]}"; tail -n +21 hostile.txt; echo "${good[2]}"; } | user tee mixed.txt >/dev/null
tiny 0 infer -q --devices ref good.txt --save good.npy
if [ $permissions = 0 ]; then user chmod 644 closed.png; sed -i '/closed.png/d' mixed.txt hostile.txt; bads=$((bads - 1)); fi
between=$(($(grep -nxF "${good[1]}" mixed.txt | cut -d: -f1) - 1)) # its row
for format in text json csv; do
    tiny 6 infer --devices ref mixed.txt --keep-going --format $format --save mixed.npy --batch 2
    [ $format = csv ] || shown # a field of CSV is the name itself
    says "$bads of $((bads + 3)) images failed"
    scores good.npy 0 1 2 >expected
    scores mixed.npy 0 $between $((bads + 2)) | cmp -s expected - || bad "$format: a good picture's scores are lost or other ones"
    scores mixed.npy 1 $((between - 1)) $((between + 1)) $((bads + 1)) | grep -qv '^\(0000c07f\)*$' && bad "$format: a bad picture's row is not NaN"
    [ $format = json ] && json "([.images[] | select(.error != null)] | length) == $bads and (.images | map(select(.error == null) | .top | length) | unique) == [5]"
done
cp out mixed.csv
tiny 6 infer --devices ref mixed.txt --keep-going
# each NAME CAUSE REMEDY: in the line of text that tells of it.
each() { grep -aF -- "$1" out | grep -aF -- "$2" | grep -qaF -- "$3" || bad "$1: not \"$2\", \"$3\""; }
each empty.png "file is empty" "again"; each folder.png: "is a folder" "name a picture"; each fifo.png "not a regular file" "name a picture"
each socket.png "No such device" "socket"; each dangling.png "No such file" "check the name"; each loop.png "symbolic links" "remove it"
each missing.png "No such file" "check the name"; each xxxxx "too long" "shorter"; each yyyyy "too long" "shorter"
[ $permissions = 0 ] || each closed.png "Permission denied" "permission"
each huge.png "50000 x 50000" "180 million"; each huge.jpg "50000 x 50000" "180 million"; each folder.png/below "No such file" "check"; each empty.png/below "Not a dir" "file where a folder"
each 'bell\x07\x1B[2Jclear.png' "none of PNG, JPEG, WebP, BMP and PPM" "convert"; each 'latin1-\xE4\xFF.png' "none of PNG, JPEG, WebP, BMP and PPM" "convert"; each 'name-\xC2\x9B31m.png' "none of PNG, JPEG, WebP, BMP and PPM" "convert"
for cut in cut*.png cut*.jpg; do each "$cut" "cut" "$cut"; done
while read -r line; do # alone, without --keep-going: what came before is not lost
    printf '%s\n%s\n%s\n' "${good[0]}" "$line" "${good[1]}" | user tee one.txt >/dev/null
    tiny 6 infer --devices ref one.txt --top 1
    prints astronaut.jpg; says "line 2"; says "keep-going"; shown
done <hostile.txt

# ---- every other file that is read: KIND ARGUMENTS..., the name is put behind
for name in missing.png empty.png folder.png fifo.png socket.png closed.png dangling.png loop.png $'bell\a\e[2Jclear.png' $'latin1-\xe4\xff.png' $'two\nlines.png' \
    huge.png "$(printf 'x%.0s' $(seq 300))" "$(printf 'y%.0s' $(seq 5000))" folder.png/below empty.png/below cut4.png; do
    [ "$name$permissions" != closed.png0 ] || continue
    seen=$(printf %s "$name" | LC_ALL=C sed 's/[^ -~].*//;q' | cut -c 1-40 | head -n 1)
    for kind in weights labels input show; do
        case $kind in
        show) tiny 6 weights show "$name" ;;
        input) tiny 6 infer --devices ref --input "$name" ;;
        *) tiny 6 infer --devices ref good.txt --$kind "$name" ;;
        esac
        says "$seen"; shown
    done
    case $name in fifo.png | bell* | latin1* | two*) continue ;; esac # a list may come through a fifo; and the others' text is a list
    tiny 6 infer --devices ref "$name"; says "$seen"; shown
done
{ sleep 0.2; cat good.txt; } | user tee fifo.png >/dev/null &
tiny 0 infer -q --devices ref fifo.png --save through.npy; wait
cmp -s good.npy through.npy || bad "a list through a fifo gives other scores"

# ---- what is written: --save, -o, --dump-patches
closed=$PWD/closed
user mkdir closed && user chmod 500 closed
for name in folder fifo socket; do user ln -s $name.png $name; done
user ln -s loop loop; user ln -s nowhere dangling
for name in folder fifo socket loop /dev/null nowhere/x empty.png/x loop.png/x "$(printf 'x%.0s' $(seq 300))" "$(printf 'y%.0s' $(seq 5000))" $'no\e[2J/x' "$closed/x"; do
    [ "$name$permissions" != "$closed/x0" ] || continue
    seen=$(printf %s "$name" | LC_ALL=C sed 's/[^ -~].*//;q' | cut -c 1-40 | head -n 1)
    tiny 1 infer --devices ref good.txt --save "$name"; says "$seen"; says "cannot be written"; shown
    tiny 1 weights init -o "$name"; says "$seen"; says "cannot be written"; shown
done
[ -c /dev/null ] && [ -p fifo.png ] && [ -S socket.png ] || bad "something that is no file was replaced"
for name in $'saved\e[2J\n.npy' $'saved-\xff.npy' "$(printf 'z%.0s' $(seq 255))" dangling; do
    tiny 0 infer --devices ref good.txt --save "$name"; shown
    cmp -s good.npy "$name" || bad "not written whole: $name"
    user rm -f "$name" nowhere
done
if [ "$(id -u)$permissions$(cat /proc/sys/fs/protected_symlinks 2>/dev/null)" = 011 ]; then # a link that somebody left in a folder for all
    mkdir -m 1777 sticky; echo old >victim; chown 65534 victim; ln -s ../victim sticky/x.npy; chown -h 1 sticky/x.npy
    tiny 1 infer --devices ref good.txt --save sticky/x.npy; says "sticky/x.npy: cannot be written: Permission denied"; [ "$(cat victim)" = old ] || bad "another user's link was followed"
fi
for name in empty.png fifo.png socket.png loop.png empty.png/below "$(printf 'x%.0s' $(seq 300))" "$closed/x"; do
    [ "$name$permissions" != "$closed/x0" ] || continue
    tiny 1 infer --devices ref good.txt --dump-patches "$name"; says "--dump-patches"; says "$(printf %s "$name" | cut -c 1-40)"; shown
done
long=$(printf 'ä%.0s' $(seq 125)).png # 254 bytes
user cp "$photos/cat.png" "$long"
printf '%s\n%s\n' "$long" "${good[1]}" | user tee long.txt >/dev/null
tiny 0 infer -q --devices ref --ten-crop --dump-patches patches long.txt --format json; json '.images | length == 2'
[ "$(find patches -name '*.png' | iconv -f UTF-8 -t UTF-8 | wc -l)" = 20 ] || bad "patches of a long name are missing"

# ---- values that are no numbers: the images beside them get the scores that they get without
/usr/bin/python3 - <<'P' | user tee values.npy >/dev/null
import struct, sys
def put(rows): sys.stdout.buffer.write(struct.pack("<%df" % len(rows), *rows))
header = "{'descr': '<f4', 'fortran_order': False, 'shape': (6, 3, 99, 99), }"
sys.stdout.buffer.write(b"\x93NUMPY\x01\x00\x76\x00" + (header + " " * (117 - len(header)) + "\n").encode())
for image in range(6):
    values = [((i * 7919 + image) % 256) - 128.0 for i in range(3 * 99 * 99)]
    if image == 1: values[5] = float("nan")
    if image == 4: values[6] = float("-inf")
    if image != 3: values = [v * 1e36 for v in values] # the normalisation makes them small, where image 3 is too much for fc8
    put(values)
P
tiny 0 weights init -q --gain fc8=1e38 -o steep.safetensors
for batch in 1 6; do
    tiny 6 infer --devices ref --weights steep.safetensors --input values.npy --keep-going --format json --save values-$batch.npy --batch $batch
    json '[.images[] | .error != null] == [false, true, false, true, true, false] and .images[5].top[0].index != null'
    json '(.images[1].error | test("value 5 is not a finite number")) and (.images[3].error | test("layer fc8")) and .summary.failed == 3'
    scores values-$batch.npy 1 3 4 | grep -qv '^\(0000c07f\)*$' && bad "a bad image's row is not NaN"
done
cmp -s values-1.npy values-6.npy || bad "another batch gives other scores"
tiny 6 infer --devices ref --input values.npy --save values-0.npy; says "image 1 of values.npy"; says "keep-going"; prints "0"

# ---- a full disk
user mkdir full
if [ "$(id -u)" = 0 ] && mount -t tmpfs -o size=64k,mode=777 none full 2>/dev/null; then
    trap 'umount "$PWD/full"' EXIT
    reason="No space left" remedy="make room"
    limited() { "$@"; }
else
    echo "no tmpfs can be mounted here: a limit of file sizes stands for the full disk"
    reason="File too large" remedy="ulimit -f"
    limited() { (ulimit -f 64; "$@"); }
fi
limit_run() { local code=$1; shift; what="alexcl $*, disk full"; limited tried "$@" >out 2>err </dev/null; ended "$code"; says "$reason"; says "$remedy"; [ -z "$(ls -A full)" ] || bad "left on the full disk: $(ls -A full)"; }
cat good.txt good.txt | user tee six.txt >/dev/null # 6 x 16 KiB of conv1
limit_run 1 --model tiny2t infer --devices ref six.txt --features conv1 --save full/x.npy
limit_run 1 --model tiny2t infer --devices ref six.txt --features conv1 --save full/x.npy --keep-going --format json
json '(.images | map(select(.error == null)) | length) == 6'
limit_run 1 --model lenet5 weights init -o full/w.safetensors
limit_run 1 --model tiny2t infer --devices ref good.txt --keep-going --dump-patches full --format json
find full -type f | while read -r f; do rm -f "$f"; done
json '(.images | length) == 3'
cp good.npy full/x.npy 2>/dev/null
tiny 0 infer -q --devices ref good.txt --save full/x.npy # what fits, fits
cmp -s good.npy full/x.npy || bad "not written"
before=$(cksum <full/x.npy)
what="--save over an older file, disk full"
limited tried --model tiny2t infer --devices ref six.txt --features conv1 --save full/x.npy >out 2>err; ended 1; says "$reason"
[ "$before" = "$(cksum <full/x.npy)" ] || bad "the older file is lost"
leftovers
end
