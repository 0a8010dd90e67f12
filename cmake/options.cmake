# Flags for every target, and acmeter_room(): one static library a folder.

add_compile_definitions(_GNU_SOURCE _FILE_OFFSET_BITS=64
	ACMETER_VERSION="${PROJECT_VERSION}")
# format-truncation: snprintf() into a fixed array is how text is cut to size.
add_compile_options(-Wall -Wextra -Wshadow -Wconversion -Wno-sign-conversion
	-Wswitch-enum -Wstrict-prototypes -Wmissing-prototypes
	-Wpointer-arith -Wcast-qual -Wwrite-strings -Wvla -Wundef
	-Wformat=2 -Wnull-dereference
	-fno-common -fstack-protector-strong)
if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
	add_compile_options(-Wno-format-truncation)
endif()
if(ACMETER_WERROR)
	add_compile_options(-Werror)
endif()
if(ACMETER_SANITIZE)
	add_compile_options(-fsanitize=${ACMETER_SANITIZE}
		-fno-omit-frame-pointer -fno-sanitize-recover=all)
	add_link_options(-fsanitize=${ACMETER_SANITIZE})
elseif(CMAKE_BUILD_TYPE STREQUAL "Release")
	add_compile_options(-D_FORTIFY_SOURCE=2 -fPIE)
	add_link_options(-pie -Wl,-z,relro,-z,now)
endif()
if(ACMETER_COVERAGE)
	add_compile_options(--coverage -O0)
	add_link_options(--coverage)
endif()

# acmeter_room(NAME [LIBRARY...]): src/NAME/*.c as libacmeter_NAME, which may
# use the named rooms and libraries. main.c belongs to the program, not to a
# library, so that tests can link the app.
function(acmeter_room name)
	file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${name}/*.c)
	list(FILTER sources EXCLUDE REGEX "/main\\.c$")
	if(NOT sources)
		file(WRITE ${CMAKE_BINARY_DIR}/empty_${name}.c
			"extern int acmeter_empty_${name};\n")
		set(sources ${CMAKE_BINARY_DIR}/empty_${name}.c)
	endif()
	add_library(acmeter_${name} STATIC ${sources})
	target_include_directories(acmeter_${name} PUBLIC ${CMAKE_SOURCE_DIR}/src)
	foreach(dep ${ARGN})
		if(dep MATCHES "::")
			target_link_libraries(acmeter_${name} PUBLIC ${dep})
		else()
			target_link_libraries(acmeter_${name} PUBLIC acmeter_${dep})
		endif()
	endforeach()
endfunction()

# acmeter_assets(TARGET FILE...): the files become part of the library, for
# report/assets.
function(acmeter_assets target)
	set(files "")
	foreach(file ${ARGN})
		cmake_path(ABSOLUTE_PATH file BASE_DIRECTORY ${CMAKE_SOURCE_DIR})
		list(APPEND files ${file})
	endforeach()
	set(out ${CMAKE_BINARY_DIR}/assets/report/assets_bytes.inc)
	file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/assets/report)
	add_custom_command(OUTPUT ${out}
		COMMAND ${CMAKE_COMMAND} -DOUT=${out} "-DFILES=${files}"
			-P ${CMAKE_SOURCE_DIR}/cmake/assets.cmake
		DEPENDS ${files} ${CMAKE_SOURCE_DIR}/cmake/assets.cmake
		COMMENT "Embedding what browsers get" VERBATIM)
	target_sources(${target} PRIVATE ${out})
	target_include_directories(${target} PRIVATE ${CMAKE_BINARY_DIR}/assets)
	set_source_files_properties(${CMAKE_SOURCE_DIR}/src/report/assets.c
		PROPERTIES OBJECT_DEPENDS ${out})
endfunction()
