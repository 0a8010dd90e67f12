# Writes OUT, a C file with the contents of FILES (absolute names) as constants:
#   cmake -DOUT=... -DFILES=... -P assets.cmake
# Each has an address with a part of its SHA-256, and a compressed twin.
find_program(GZIP gzip REQUIRED)

function(bytes_of file ret_text)
	file(READ "${file}" hex HEX)
	string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," hex "${hex}")
	# Sixteen bytes a line: compilers count lines, not characters.
	string(REPEAT "....." 16 line)
	string(REGEX REPLACE "(${line})" "\\1\n" hex "${hex}")
	set(${ret_text} "${hex}" PARENT_SCOPE)
endfunction()

set(arrays "")
set(rows "")
set(number 0)
foreach(file IN LISTS FILES)
	get_filename_component(name "${file}" NAME)
	get_filename_component(stem "${file}" NAME_WE)
	get_filename_component(ext "${file}" LAST_EXT)
	file(SHA256 "${file}" hash)
	string(SUBSTRING "${hash}" 0 12 hash)
	set(packed "${OUT}.${name}.gz")
	execute_process(COMMAND ${GZIP} -9 -n -c "${file}"
		OUTPUT_FILE "${packed}" COMMAND_ERROR_IS_FATAL ANY)
	bytes_of("${file}" plain)
	bytes_of("${packed}" gzip)
	if(ext STREQUAL ".css")
		set(type "text/css; charset=utf-8")
	elseif(ext STREQUAL ".js")
		set(type "text/javascript; charset=utf-8")
	elseif(ext STREQUAL ".svg")
		set(type "image/svg+xml")
	else()
		message(FATAL_ERROR "assets: what type is ${file}?")
	endif()
	string(APPEND arrays
		"static const unsigned char plain_${number}[] = {\n${plain}};\n"
		"static const unsigned char gzip_${number}[] = {\n${gzip}};\n")
	string(APPEND rows "\t{ \"${name}\", \"/assets/${stem}-${hash}${ext}\", "
		"\"${type}\", plain_${number}, gzip_${number}, "
		"sizeof(plain_${number}), sizeof(gzip_${number}) },\n")
	math(EXPR number "${number} + 1")
endforeach()
file(WRITE "${OUT}" "/* Made by cmake/assets.cmake. */\n${arrays}"
	"static const struct asset assets[] = {\n${rows}};\n"
	"enum { asset_count = sizeof(assets) / sizeof(assets[0]) };\n")
