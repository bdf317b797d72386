# cmake -DFILES=a.cl;b.cl -DOUT=kernel_text.c -P EmbedText.cmake
#   writes `const struct kernel_text kernel_texts[]` (runtime/cl/kernel_text.h): name without ending, text, length.
# cmake -DFILES=a.txt -DOUT=a.c -DSYMBOL=a -P EmbedText.cmake
#   writes `const char a[]` (declared in a.h).
# Bytes as numbers, so nothing in a file needs escaping.
set(arrays "")
set(table "")
foreach(file ${FILES})
  get_filename_component(name ${file} NAME_WE)
  file(READ ${file} hex HEX)
  string(REGEX REPLACE "(..)" "0x\\1," bytes "${hex}")
  if(SYMBOL)
    file(WRITE ${OUT} "#include \"${SYMBOL}.h\"\n\nconst char ${SYMBOL}[] = {${bytes}0};\n")
    return()
  endif()
  string(APPEND arrays "static const char text_${name}[] = {${bytes}0};\n")
  string(APPEND table "    {\"${name}\", text_${name}, sizeof text_${name} - 1},\n")
endforeach()
file(WRITE ${OUT} "#include \"kernel_text.h\"\n\n${arrays}\nconst struct kernel_text kernel_texts[] = {\n${table}    {0, 0, 0},\n};\n")
