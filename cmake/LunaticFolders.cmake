# A static library for each folder of src/, with those in it. A folder may use only those before
# it in this list, and its library links only those: a call in the other
# direction does not link (tools/check-includes.sh checks the includes).
find_package(OpenSSL 3 REQUIRED COMPONENTS Crypto SSL)
find_package(PkgConfig REQUIRED)
pkg_check_modules(sqlite3 REQUIRED IMPORTED_TARGET sqlite3>=3.39)
pkg_check_modules(jansson REQUIRED IMPORTED_TARGET jansson>=2.12)

set(LUNATIC_FOLDERS base sched net sql engine heap process node mesh cluster control observe host embed cli)

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
	list(PREPEND below ln_${folder})
endforeach()
set(LUNATIC_LIBS ${below})
