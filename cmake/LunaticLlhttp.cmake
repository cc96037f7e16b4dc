# llhttp, which parses HTTP/1.1, as the imported static library `llhttp`. Built
# by tools/build-llhttp.sh into the same cache as the engines.
set(LUNATIC_LLHTTP "" CACHE PATH
	"A folder with llhttp's lib/ and include/ (default: build it)")
if(LUNATIC_LLHTTP)
	set(llhttp_dir "${LUNATIC_LLHTTP}")
else()
	execute_process(
		COMMAND "${CMAKE_COMMAND}" -E env "CC=${CMAKE_C_COMPILER}"
			"${PROJECT_SOURCE_DIR}/tools/build-llhttp.sh"
		OUTPUT_VARIABLE llhttp_dir
		OUTPUT_STRIP_TRAILING_WHITESPACE
		RESULT_VARIABLE llhttp_result)
	if(NOT llhttp_result EQUAL 0)
		message(FATAL_ERROR
			"llhttp could not be built; -DLUNATIC_LLHTTP=DIR takes "
			"one that is installed")
	endif()
	set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS
		"${PROJECT_SOURCE_DIR}/tools/build-llhttp.sh")
endif()
message(STATUS "llhttp: ${llhttp_dir}")
add_library(llhttp STATIC IMPORTED GLOBAL)
set_target_properties(llhttp PROPERTIES
	IMPORTED_LOCATION "${llhttp_dir}/lib/libllhttp.a")
target_include_directories(llhttp INTERFACE "${llhttp_dir}/include")
