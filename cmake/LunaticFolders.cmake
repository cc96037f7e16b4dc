# A static library for each folder of src/, with those in it. A folder may use only those before
# it in this list, and its library links only those: a call in the other
# direction does not link (tools/check-includes.sh checks the includes).
find_package(OpenSSL 3 REQUIRED COMPONENTS Crypto SSL)
find_package(PkgConfig REQUIRED)
pkg_check_modules(sqlite3 REQUIRED IMPORTED_TARGET sqlite3>=3.39)
pkg_check_modules(jansson REQUIRED IMPORTED_TARGET jansson>=2.12)

# An archive does not say what it needs itself.
if(LUNATIC_STATIC)
	target_link_libraries(PkgConfig::sqlite3 INTERFACE m dl pthread)
endif()

set(LUNATIC_FOLDERS base sched net sql engine heap process node mesh nats cluster control observe serve host embed cli)

# The fabric over NATS needs the header of its client library when it is built,
# and loads the library when it is used.
pkg_check_modules(nats libnats>=3.3)
if(nats_FOUND)
	find_library(LUNATIC_NATS_LIBRARY nats HINTS ${nats_LIBRARY_DIRS})
	execute_process(COMMAND "${CMAKE_OBJDUMP}" -p "${LUNATIC_NATS_LIBRARY}"
		OUTPUT_VARIABLE soname)
	if(soname MATCHES "SONAME +([^\n]+)")
		set(LUNATIC_NATS_SONAME "${CMAKE_MATCH_1}")
	endif()
endif()
if(NOT LUNATIC_NATS_SONAME)
	message(STATUS "Without the client library for NATS (libnats-dev): "
		"--fabric nats: is an error")
endif()

set(LUNATIC_LIBS)
set(below)
foreach(folder IN LISTS LUNATIC_FOLDERS)
	file(GLOB_RECURSE sources CONFIGURE_DEPENDS
		"${PROJECT_SOURCE_DIR}/src/${folder}/*.c"
		"${PROJECT_SOURCE_DIR}/src/${folder}/*.S")
	if(folder STREQUAL "host")
		list(APPEND sources ${LUNATIC_ABI_SOURCES})
	endif()
	if(folder STREQUAL "net")
		list(PREPEND below OpenSSL::SSL OpenSSL::Crypto)
	elseif(folder STREQUAL "sql")
		list(PREPEND below PkgConfig::sqlite3)
	elseif(folder STREQUAL "engine")
		list(PREPEND below engine)
		if(NOT LUNATIC_WASMI_LIB)
			list(FILTER sources EXCLUDE REGEX "/engine/wasmi/")
		endif()
	elseif(folder STREQUAL "serve")
		list(PREPEND below llhttp)
	elseif(folder STREQUAL "control")
		list(PREPEND below PkgConfig::jansson)
	endif()
	if(NOT sources)
		continue()
	endif()
	if(folder STREQUAL "cli")
		set(LUNATIC_CLI_SOURCES ${sources})
		break()
	endif()
	add_library(ln_${folder} STATIC ${sources})
	target_link_libraries(ln_${folder}
		PUBLIC ${below}
		PRIVATE ln_src_flags)
	if(folder STREQUAL "nats" AND LUNATIC_NATS_SONAME)
		target_compile_definitions(ln_nats PRIVATE LUNATIC_NATS=1
			LUNATIC_NATS_SONAME="${LUNATIC_NATS_SONAME}")
		target_include_directories(ln_nats SYSTEM PRIVATE
			${nats_INCLUDE_DIRS})
	elseif(folder STREQUAL "nats")
		target_compile_definitions(ln_nats PRIVATE LUNATIC_NATS=0)
	endif()
	list(PREPEND below ln_${folder})
endforeach()
set(LUNATIC_LIBS ${below})
