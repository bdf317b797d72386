#!/bin/sh
# SPDX-License-Identifier: MIT
# architecture.sh ROOT: the rules of the house that a compiler does not check. Prints each violation; 1 if there was any.
cd "$1" || exit 1
failed=0
bad() {
    printf "%s\n" "$*"
    failed=1
}

# Who may know whom. `include_only FOLDER FOLDERS...`: quoted includes in FOLDER stand there or in one of FOLDERS.
include_only() {
    folder=$1
    shift
    for file in "$folder"/*.[ch]; do
        [ -f "$file" ] || continue
        for header in $(sed -n 's/^ *# *include *"\([^"]*\)".*/\1/p' "$file"); do
            found=
            for allowed in "$folder" "$@"; do
                [ -f "$allowed/$header" ] || [ -f "$allowed/${header%.pb-c.h}.proto" ] && found=1 # protoc-c makes it of that
            done
            [ -n "$found" ] || bad "$file includes $header, which is neither in $folder nor in: $*"
        done
    done
}
public=runtime/include
include_only runtime/base $public
include_only runtime/formats $public runtime/base
include_only runtime/ref $public runtime/base
include_only runtime/devices $public runtime/base
include_only runtime/cl $public runtime/base runtime/devices
include_only runtime/layers $public runtime/base runtime/ref runtime/cl
include_only runtime/graph $public runtime/base runtime/devices runtime/layers runtime/cl
include_only runtime/tune $public runtime/base runtime/devices runtime/layers runtime/cl runtime/graph
include_only runtime/net $public runtime/base runtime/devices runtime/formats runtime/layers runtime/cl runtime/graph runtime/tune
include_only runtime/train $public runtime/base runtime/devices runtime/formats runtime/layers runtime/cl runtime/graph runtime/tune runtime/net
include_only runtime/check $public runtime/base runtime/devices runtime/layers runtime/cl runtime/graph runtime/tune runtime/net runtime/train
include_only host/data $public runtime/base runtime/formats
include_only host $public runtime/base runtime/formats host/data
include_only tools/scale.d $public runtime/base host host/data

# Foreign headers stay where they are wrapped: `only_in PATTERN FILES MOST`.
only_in() {
    count=0
    for file in $(grep -lE "$1" -r runtime host --include='*.[ch]'); do
        count=$((count + 1))
        case $file in $2) ;; *) bad "$file has '$1', which belongs in $2" ;; esac
    done
    [ "$count" -le "$3" ] || bad "'$1' stands in $count files where $3 is the most"
}
only_in '# *include *[<"]CL/' runtime/devices/cl_api.h 1
only_in '# *include *[<"]clblast' runtime/cl/blas.c 1
only_in '# *include *[<"]png\.h' host/data/png_file.c 1
only_in '# *include *[<"]jpeglib\.h' host/data/jpeg_file.c 1
only_in '# *include *[<"]hdf5\.h' runtime/formats/h5_write.c 1
only_in '\b(secure_)?getenv *\(' 'runtime/base/settings.c' 1

# Files are written in one place, which keeps to its promises; and nobody changes the umask, which is the whole process's.
only_in '\bO_(CREAT|TRUNC)\b|\b(creat|mkstemp|rename|fsync) *\(' 'runtime/base/files.c' 1
# What is read is opened there too: a fifo must not hang.
only_in '\bO_NONBLOCK\b' 'runtime/base/files.c' 1
only_in '\bumask *\(' nowhere 0
only_in '\bfopen *\([^;]*"[wa]' nowhere 0

# The library never prints and never exits, but in a child process of its own.
for file in $(grep -lE '\b(printf|vprintf|fprintf|vfprintf|puts|fputs|putchar|perror|exit|_exit|abort) *\(' -r runtime --include='*.[ch]'); do
    [ "$file" = runtime/formats/child.c ] || bad "$file prints or exits"
done

# What is true of one type of layers is a trait in its row, for which others ask: they name no type, but for tables of models and readers of them.
types=$(sed -n '/^enum alexcl_layer_type {/,/^};/s/^ *\(ALEXCL_[A-Z_]*\).*/\1/p' $public/alexcl.h | paste -sd '|')
[ -n "$types" ] || bad "$public/alexcl.h: no types of layers are found: is it still read right?"
for file in $(grep -lwE "$types" -r runtime host --include='*.[ch]'); do
    case $file in
    $public/alexcl.h | runtime/layers/* | runtime/ref/* | runtime/graph/model* | runtime/formats/caffe_rows.c | runtime/formats/keras_rows.c | runtime/formats/onnx_*.c) ;;
    *) bad "$file names a type of layers: ask its row (struct layer_ops) or the plan" ;;
    esac
done

# Tests stand beside what they test: tests/ROOM/check_NAME is about source, kernel or tool NAME of that room. Where it is
# about something else, subjects.txt says what.
subjects=tests/architecture/subjects.txt
for check in $(find tests -type f \( -name 'check_*.c' -o -name 'check_*.sh' -o -name 'check_*.py' \) | sort); do
    room=$(dirname "${check#tests/}")
    name=$(basename "${check%.*}")
    name=${name#check_}
    beside=
    for source in runtime/$room/$name.c runtime/$room/$name.h $room/$name.c $room/$name.cl $room/$name; do
        [ -f "$source" ] && beside=$source
    done
    if grep -q "^$check: ." $subjects; then
        [ -z "$beside" ] || bad "$subjects has $check, which stands beside $beside: leave it out there"
    else
        [ -n "$beside" ] || bad "$check stands beside no $name: give it its source's name, or say in $subjects what it is about"
    fi
done
for check in $(sed -n 's/^\(tests[^:]*\):.*/\1/p' $subjects); do
    [ -f "$check" ] || bad "$subjects has $check, which is not there"
done

# A kernel has a check of its own.
for kernel in kernels/*.cl; do
    [ -f "$kernel" ] || continue
    name=$(basename "$kernel" .cl)
    [ -f "tests/kernels/check_$name.c" ] || bad "$kernel has no tests/kernels/check_$name.c"
done

sources=$(find runtime host kernels tests tools -type f \( -name '*.[ch]' -o -name '*.cl' -o -name '*.clh' -o -name '*.cmake' -o -name '*.sh' -o -name '*.py' \) | sort)
for file in $sources; do
    lines=$(wc -l <"$file")
    [ "$lines" -le 700 ] || bad "$file has $lines lines, more than 700"
    case $file in
    *.[ch] | *.cl | *.clh)
        [ -z "$(awk 'length($0) > 120' "$file")" ] || bad "$file has lines of more than 120 columns"
        head -n 1 "$file" | grep -q 'SPDX-License-Identifier: MIT' || bad "$file does not begin with its licence"
        ;;
    esac
done
for name in $(for file in $sources; do basename "$file"; done | sort | uniq -d); do
    bad "more than one file is called $name: $(echo "$sources" | grep "/$name\$" | tr '\n' ' ')"
done
exit $failed
