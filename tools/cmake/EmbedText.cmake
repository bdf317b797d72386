# cmake -DFILES=a.cl;b.cl -DOUT=kernel_text.c -P EmbedText.cmake
# Writes `const struct kernel_text kernel_texts[]` (runtime/cl/kernel_text.h): name without ending, text, length.
# Bytes as hexadecimal, so nothing in a file needs escaping.
set(arrays "")
set(table "")
foreach(file ${FILES})
  get_filename_component(name ${file} NAME_WE)
  file(READ ${file} hex HEX)
  string(REGEX REPLACE "(..)" "0x\\1," bytes "${hex}")
  string(APPEND arrays "static const char text_${name}[] = {${bytes}0};\n")
  string(APPEND table "    {\"${name}\", text_${name}, sizeof text_${name} - 1},\n")
endforeach()
file(WRITE ${OUT} "#include \"kernel_text.h\"\n\n${arrays}\nconst struct kernel_text kernel_texts[] = {\n${table}    {0, 0, 0},\n};\n")
