# The engine: Wasmtime's C API as the imported static library `engine`. Built
# by tools/build-engine.sh into a cache, which only the first configuration on
# a machine has to wait for.
set(engine_script "${PROJECT_SOURCE_DIR}/tools/build-engine.sh")
set(wasmi_script "${PROJECT_SOURCE_DIR}/tools/build-wasmi.sh")
if(CMAKE_CROSSCOMPILING)
	set(engine_script "${PROJECT_SOURCE_DIR}/tools/build-engine-for.sh"
		${LUNATIC_PROCESSOR} engine)
	set(wasmi_script "${PROJECT_SOURCE_DIR}/tools/build-engine-for.sh"
		${LUNATIC_PROCESSOR} wasmi)
endif()
if(LUNATIC_ENGINE)
	set(engine_dir "${LUNATIC_ENGINE}")
else()
	execute_process(
		COMMAND ${engine_script}
		OUTPUT_VARIABLE engine_dir
		OUTPUT_STRIP_TRAILING_WHITESPACE
		RESULT_VARIABLE engine_result)
	if(NOT engine_result EQUAL 0)
		message(FATAL_ERROR
			"the engine could not be built; tools/bootstrap.sh "
			"installs what it needs")
	endif()
	file(GLOB engine_inputs CONFIGURE_DEPENDS
		"${PROJECT_SOURCE_DIR}/engine/Cargo.*"
		"${PROJECT_SOURCE_DIR}/engine/src/*.rs"
		"${PROJECT_SOURCE_DIR}/engine/patches/*/*.patch"
		"${PROJECT_SOURCE_DIR}/tools/remap-rust.sh"
		"${PROJECT_SOURCE_DIR}/tools/build-engine.sh")
	set_property(DIRECTORY APPEND PROPERTY
		CMAKE_CONFIGURE_DEPENDS ${engine_inputs})
endif()
foreach(file lib/libwasmtime.a include/wasmtime.h)
	if(NOT EXISTS "${engine_dir}/${file}")
		message(FATAL_ERROR "there is no ${file} in ${engine_dir}")
	endif()
endforeach()
message(STATUS "Engine: ${engine_dir}")

add_library(engine STATIC IMPORTED GLOBAL)
set_target_properties(engine PROPERTIES
	IMPORTED_LOCATION "${engine_dir}/lib/libwasmtime.a")
# Headers of an imported target are system headers: our warnings are for us.
target_include_directories(engine INTERFACE "${engine_dir}/include")
if(LUNATIC_STATIC)
	# The same bytes wherever the cache is.
	target_compile_options(engine INTERFACE
		"-ffile-prefix-map=${engine_dir}=engine")
endif()
# The name of the folder is a digest of all that goes into the engine, so that
# code which another engine compiled is never loaded.
get_filename_component(engine_key "${engine_dir}" NAME)
target_compile_definitions(engine INTERFACE
	"LUNATIC_ENGINE_KEY=\"${engine_key}\"")
# What Rust's standard library needs from the system.
# With what other folders need of the C library: resolv decodes answers of DNS.
set(LUNATIC_UNWINDER gcc_s)
if(LUNATIC_STATIC)
	set(LUNATIC_UNWINDER gcc_eh)
endif()
set(LUNATIC_SYSTEM_LIBRARIES ${LUNATIC_UNWINDER} util rt pthread m dl resolv)
target_link_libraries(engine INTERFACE ${LUNATIC_SYSTEM_LIBRARIES})

# The second engine, which interprets: built likewise, by tools/build-wasmi.sh.
set(LUNATIC_WASMI auto CACHE STRING
	"Build the engine wasmi as well: ON, OFF, or auto, if it can be built")
set(LUNATIC_WASMI_LIB)
if(LUNATIC_WASMI)
	execute_process(
		COMMAND ${wasmi_script}
		OUTPUT_VARIABLE wasmi_dir
		OUTPUT_STRIP_TRAILING_WHITESPACE
		RESULT_VARIABLE wasmi_result)
	if(wasmi_result EQUAL 0)
		set(LUNATIC_WASMI_LIB "${wasmi_dir}/lib/liblunatic_wasmi.a")
		message(STATUS "Second engine: ${wasmi_dir}")
	elseif(LUNATIC_WASMI STREQUAL "auto")
		message(STATUS "Second engine: none, since wasmi could not be built")
	else()
		message(FATAL_ERROR
			"wasmi could not be built; -DLUNATIC_WASMI=OFF leaves it out")
	endif()
	file(GLOB wasmi_inputs CONFIGURE_DEPENDS
		"${PROJECT_SOURCE_DIR}/engine/wasmi/Cargo.*"
		"${PROJECT_SOURCE_DIR}/engine/wasmi/src/*.rs"
		"${PROJECT_SOURCE_DIR}/engine/wasmi/patches/*/*.patch"
		"${PROJECT_SOURCE_DIR}/tools/remap-rust.sh"
		"${PROJECT_SOURCE_DIR}/tools/build-wasmi.sh")
	set_property(DIRECTORY APPEND PROPERTY
		CMAKE_CONFIGURE_DEPENDS ${wasmi_inputs})
endif()
if(LUNATIC_WASMI_LIB)
	target_link_libraries(engine INTERFACE "${LUNATIC_WASMI_LIB}")
	target_compile_definitions(engine INTERFACE LN_HAS_WASMI=1)
else()
	target_compile_definitions(engine INTERFACE LN_HAS_WASMI=0)
endif()
