# The guest that serves --observe, observe/*.c with the connections of
# examples/http, and the page in it; put into the program as ln_observe_guest.
# Without clang-19 there is none, and --observe says so.
find_program(LUNATIC_WASM_CC NAMES clang-19)
set(observe_folder "${PROJECT_SOURCE_DIR}/observe")
set(observe_guest "${PROJECT_BINARY_DIR}/observe.wasm")
add_library(ln_observe_guest STATIC "${observe_folder}/module.S")
if(LUNATIC_WASM_CC)
	file(GLOB observe_sources CONFIGURE_DEPENDS "${observe_folder}/*.c")
	file(GLOB observe_parts CONFIGURE_DEPENDS
		"${observe_folder}/*.h" "${observe_folder}/page/*")
	set(observe_flags --target=wasm32-wasi -std=c17 -Os -D_GNU_SOURCE
		-flto -Wl,--strip-all -Wl,--gc-sections
		-Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes
		-Wmissing-prototypes -Wno-c23-extensions)
	if(LUNATIC_WERROR)
		list(APPEND observe_flags -Werror)
	endif()
	add_custom_command(
		OUTPUT "${observe_guest}"
		COMMAND "${LUNATIC_WASM_CC}" ${observe_flags}
			-I "${PROJECT_SOURCE_DIR}/sdk/c/include"
			${observe_sources}
			"${PROJECT_SOURCE_DIR}/examples/http/connection.c"
			"${PROJECT_SOURCE_DIR}/examples/http/request.c"
			-o "${observe_guest}"
			"${PROJECT_BINARY_DIR}/sdk/c/lib/liblunatic-guest.a"
		DEPENDS ${observe_sources} ${observe_parts} lunatic_guest
			"${PROJECT_BINARY_DIR}/sdk/c/lib/liblunatic-guest.a"
			examples/http/connection.c examples/http/connection.h
			examples/http/request.c examples/http/request.h
		COMMENT "Building observe.wasm"
		VERBATIM)
	add_custom_target(observe_guest DEPENDS "${observe_guest}")
	add_dependencies(ln_observe_guest observe_guest)
	set_source_files_properties("${observe_folder}/module.S" PROPERTIES
		OBJECT_DEPENDS "${observe_guest}"
		COMPILE_DEFINITIONS "LN_OBSERVE_GUEST=\"${observe_guest}\"")
else()
	message(STATUS "no clang-19: the program is built without --observe")
endif()
