# cmake -DFILES=a.cl;b.cl -DSHARED=c.clh -DOUT=kernel_text.c -P EmbedText.cmake
#   writes `const struct kernel_text kernel_texts[]` and kernel_shared_texts[] (runtime/cl/kernel_text.h): name without ending; its own name, text, length.
# cmake -DFILES=a.txt -DOUT=a.c -DSYMBOL=a -P EmbedText.cmake
#   writes `const char a[]` (declared in a.h).
# Bytes as numbers, so nothing in a file needs escaping.
function(read_bytes file out)
  file(READ ${file} hex HEX)
  string(REGEX REPLACE "(..)" "0x\\1," bytes "${hex}")
  set(${out} "${bytes}" PARENT_SCOPE)
endfunction()
function(write_table table files)
  set(arrays "")
  set(rows "")
  foreach(file ${files})
    get_filename_component(name ${file} NAME_WE)
    get_filename_component(whole ${file} NAME)
    read_bytes(${file} bytes)
    string(APPEND arrays "static const char ${table}_${name}[] = {${bytes}0};\n")
    string(APPEND rows "    {\"${name}\", {\"${whole}\", ${table}_${name}, sizeof ${table}_${name} - 1}},\n")
  endforeach()
  file(APPEND ${OUT} "\n${arrays}\nconst struct kernel_text ${table}[] = {\n${rows}    {0, {0, 0, 0}},\n};\n")
endfunction()

if(SYMBOL)
  read_bytes(${FILES} bytes)
  file(WRITE ${OUT} "#include \"${SYMBOL}.h\"\n\nconst char ${SYMBOL}[] = {${bytes}0};\n")
else()
  file(WRITE ${OUT} "#include \"kernel_text.h\"\n")
  write_table(kernel_texts "${FILES}")
  write_table(kernel_shared_texts "${SHARED}")
endif()
