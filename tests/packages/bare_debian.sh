#!/usr/bin/env bash
# bare_debian.sh [packages|readme]: in a bare Debian 12, which debootstrap makes, as root, from the machine's own sources of packages:
#   packages  installs the four packages, runs the program on pictures with trained weights, and the Python module; removes the packages,
#             after which nothing is left of them but the user's cache
#   readme    from a clone of this commit to labels of a folder of pictures with a PyTorch checkpoint of 10 classes, by the commands that
#             stand first in README.md, as they stand there; the labels are those of PyTorch, labels_by_torch.txt, which this machine's
#             PyTorch and Pillow must give too where they are here (--write keeps theirs)
# Both without an argument. Some five minutes, most of them apt's. 77 without debootstrap or root.
#   PACKAGES  the folder with the .deb files [they are built]
#   ALEXCL    the program that makes the reader's weights [build/test/host/alexcl]
set -euo pipefail
source=$(cd "$(dirname "$0")/../.." && pwd)
write=0
[ "${1:-}" != --write ] || { write=1; shift; }
what=${1:-packages readme}
kept=$source/tests/packages/labels_by_torch.txt
[ "$(id -u)" = 0 ] && command -v debootstrap >/dev/null || { echo "skipped: wants root and debootstrap"; exit 77; }

work=$(mktemp -d)
root=$work/debian
away() { # what is in $root, once nothing is mounted there
    local folder
    for folder in proc sys; do ! mountpoint -q "$root/$folder" || umount "$root/$folder"; done
    rm -rf --one-file-system "$root"
}
trap 'away; rm -rf --one-file-system "$work"' EXIT
bad() { echo "bare_debian: $1" >&2; exit 1; }
inside() { chroot "$root" env -i HOME=/srv PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 "$@"; }

bare() { # an empty Debian in $root, a copy of one
    away
    [ -d "$work/empty" ] ||
        debootstrap --variant=minbase bookworm "$work/empty" "$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' 'Codename: bookworm' | head -1)" >"$work/log" 2>&1 ||
        { tail -5 "$work/log"; bad "debootstrap fails"; }
    cp -a "$work/empty" "$root"
    mount -t proc proc "$root/proc" && mount -t sysfs -o ro sysfs "$root/sys" # where a program finds itself, and PoCL the machine
}
files() { (cd "$root" && find . \( -path ./proc -o -path ./sys -o -path ./dev -o -path ./tmp -o -path ./run -o -path './var/cache/*' -o -path './var/lib/apt/*' -o -path './var/lib/dpkg/*' -o -path './var/log/*' \) -prune -o -print | sort); }

build_packages() {
    cmake -S "$source" -B "$work/build" -DCMAKE_BUILD_TYPE=Release -DBUILD_SHARED_LIBS=ON -DCMAKE_INSTALL_PREFIX=/usr -DALEXCL_TESTS=OFF &&
        cmake --build "$work/build" --parallel "$(nproc)" && (cd "$work/build" && cpack -G DEB)
}

packages() {
    [ -n "${PACKAGES:-}" ] || build_packages >"$work/log" || { tail -5 "$work/log"; bad "no packages"; }
    bare
    mkdir "$root/srv/packages" "$root/srv/pictures"
    cp "${PACKAGES:-$work/build}"/*.deb "$root/srv/packages"
    cp "$source"/tools/fashion/test0*.png "$root/srv/pictures"
    inside apt-get -qq update
    inside sh -c 'apt-get install -qq -y --no-install-recommends pocl-opencl-icd python3-numpy' >"$work/log" 2>&1 || { tail -5 "$work/log"; bad "no PoCL"; }
    files >"$work/before"
    inside sh -c 'apt-get install -qq -y --no-install-recommends /srv/packages/*.deb' >"$work/log" 2>&1 || { tail -5 "$work/log"; bad "apt does not install them"; }
    inside alexcl infer -q --model alexnet-small --devices 0 --format csv --top 1 /srv/pictures >"$work/infer.csv" || bad "alexcl infer"
    # (path, label, rank, index, ...) against lines of NAME CLASS
    while read -r name class; do
        grep -qE "$name,[^,]*,1,$class," "$work/infer.csv" && echo "$name right" || echo "$name wrong"
    done < <(grep '^test0' "$source/tools/fashion/batch.txt") | tee "$work/told"
    [ "$(grep -c right "$work/told")" -ge 9 ] || bad "fewer than 9 of 10 pictures are right"
    inside alexcl check --devices 0 >"$work/check" || { tail -3 "$work/check"; bad "alexcl check"; }
    tail -1 "$work/check"
    inside python3 -c 'import alexcl, numpy
with alexcl.Net("lenet5", 1, devices="0") as net:
    print("from Python:", net.infer(numpy.zeros((2, 1, 32, 32), numpy.float32)).shape)' || bad "the Python module"
    inside sh -c 'apt-get purge -qq -y alexcl libalexcl1 libalexcl-dev python3-alexcl && apt-get autoremove -qq -y --purge' >"$work/log" 2>&1 || { tail -5 "$work/log"; bad "apt does not remove them"; }
    files >"$work/after"
    comm -13 "$work/before" "$work/after" | grep -vE '^\./srv/(\.cache|packages|pictures)' >"$work/left" && { cat "$work/left"; bad "that is left"; }
    echo "packages: installed, run, removed; nothing left"
}

readme() {
    bare
    inside apt-get -qq update
    git clone -q "$source" "$root/srv/alexcl"
    # The reader's own: a tiny AlexNet of 10 classes as torch.save writes it, names, pictures.
    local program=${ALEXCL:-$source/build/test/host/alexcl}
    "$program" weights init --model tiny2t -q -o "$work/my.safetensors"
    python3 "$source/tests/host/weights_forge.py" "$work/my.safetensors" "$root/srv/alexcl/my-net.pth" classes=10 names=torchvision
    mkdir "$root/srv/alexcl/my-pictures"
    cp "$source"/tools/photos/*.jpg "$source"/tools/photos/*.png "$root/srv/alexcl/my-pictures"
    printf 'class %s\n' 0 1 2 3 4 5 6 7 8 9 >"$root/srv/alexcl/my-names.txt"
    head -40 "$source/README.md" | awk '/^```sh/ {if (!seen++) on = 1; next} /^```/ {on = 0} on' >"$work/commands"
    [ "$(wc -l <"$work/commands")" -le 4 ] || bad "README's first commands are more than four"
    (echo 'set -e; cd /srv/alexcl'; cat "$work/commands") >"$root/srv/commands"
    inside bash /srv/commands >"$work/out" 2>"$work/err" || { tail -5 "$work/err"; bad "README's first commands fail"; }
    cat "$work/out"
    # Where PyTorch is, what is kept of it is compared with it too: classes, and probabilities to four digits.
    if python3 -c 'import torch, PIL' 2>/dev/null; then
        (cd "$root/srv/alexcl" && python3 "$source/tests/packages/labels_by_torch.py" my-net.pth my-pictures/*) >"$work/labels"
        [ $write = 0 ] || cp "$work/labels" "$kept"
        diff "$work/labels" "$kept" || bad "PyTorch gives other labels than labels_by_torch.txt has"
    fi
    while read -r path label p; do
        grep -A1 -Fx "$path" "$work/out" | awk -v label="$label" -v p="$p" '/^ / {found = $NF == label && $1 - p < 1.5e-4 && p - $1 < 1.5e-4} END {exit !found}' && echo "$path as PyTorch: class $label $p" || bad "$path: PyTorch says class $label, $p"
    done <"$kept"
    [ "$(wc -l <"$kept")" -ge 5 ] || bad "no labels of PyTorch are kept"
}

for part in $what; do $part; done
