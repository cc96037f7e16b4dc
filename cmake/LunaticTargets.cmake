# The program, the library in both forms, and what `make install` installs.
if(LUNATIC_CLI_SOURCES)
	# What lunatic init writes.
	set(languages c rust go assemblyscript zig)
	set(template_header "${PROJECT_BINARY_DIR}/gen/cli/template_gen.h")
	set(template_files)
	foreach(language IN LISTS languages)
		file(GLOB_RECURSE files CONFIGURE_DEPENDS
			"${PROJECT_SOURCE_DIR}/sdk/${language}/template/*"
			"${PROJECT_SOURCE_DIR}/sdk/${language}/*.go"
			"${PROJECT_SOURCE_DIR}/sdk/${language}/assembly/*"
			"${PROJECT_SOURCE_DIR}/sdk/${language}/src/*.zig"
			"${PROJECT_SOURCE_DIR}/sdk/${language}/build.zig*")
		list(APPEND template_files ${files})
	endforeach()
	list(JOIN languages "," languages)
	add_custom_command(
		OUTPUT "${template_header}"
		COMMAND "${CMAKE_COMMAND}" -D "LANGUAGES=${languages}"
			-D "SDK=${PROJECT_SOURCE_DIR}/sdk"
			-D "OUTPUT=${template_header}"
			-P "${PROJECT_SOURCE_DIR}/cmake/LunaticTemplate.cmake"
		DEPENDS ${template_files} cmake/LunaticTemplate.cmake
		VERBATIM)
	set(topics_page "${PROJECT_SOURCE_DIR}/docs/errors.md")
	set(topics_header "${PROJECT_BINARY_DIR}/gen/cli/topics_gen.h")
	add_custom_command(
		OUTPUT "${topics_header}"
		COMMAND "${CMAKE_COMMAND}" -D "PAGE=${topics_page}"
			-D "OUTPUT=${topics_header}"
			-P "${PROJECT_SOURCE_DIR}/cmake/LunaticTopics.cmake"
		DEPENDS "${topics_page}" cmake/LunaticTopics.cmake
		VERBATIM)
	add_custom_target(gen_cli
		DEPENDS "${template_header}" "${topics_header}")
	add_dependencies(gen gen_cli)
	# Where installed plugins are, from the program.
	set(LUNATIC_PLUGINDIR "${CMAKE_INSTALL_DATADIR}/lunatic/plugins")
	file(RELATIVE_PATH plugins_from_bin
		"/${CMAKE_INSTALL_BINDIR}" "/${LUNATIC_PLUGINDIR}")
	set(LUNATIC_CLI_DEFINITIONS
		"LUNATIC_PLUGINS_FROM_BIN=\"${plugins_from_bin}\"")
	# The full-screen view of lunatic top.
	pkg_check_modules(ncursesw IMPORTED_TARGET ncursesw)
	if(ncursesw_FOUND)
		list(APPEND LUNATIC_CLI_DEFINITIONS LUNATIC_NCURSES=1)
		set(LUNATIC_CLI_LIBRARIES PkgConfig::ncursesw)
	else()
		message(STATUS "Without ncurses (libncurses-dev): lunatic top "
			"prints text only")
		list(APPEND LUNATIC_CLI_DEFINITIONS LUNATIC_NCURSES=0)
		set(LUNATIC_CLI_LIBRARIES)
	endif()
	add_executable(lunatic ${LUNATIC_CLI_SOURCES} "${template_header}"
		"${topics_header}")
	target_compile_definitions(lunatic PRIVATE ${LUNATIC_CLI_DEFINITIONS})
	target_include_directories(lunatic PRIVATE "${PROJECT_BINARY_DIR}/gen")
	target_link_libraries(lunatic PRIVATE ln_src_flags ln_observe_guest
		${LUNATIC_LIBS} ${LUNATIC_CLI_LIBRARIES})
	# Processes allocate in one thread and free in another, all the time; the
	# C library's allocator takes a lock for that. Not in the library, whose
	# user decides, and not under sanitizers, which have their own.
	if(CMAKE_BUILD_TYPE STREQUAL "Release" AND NOT LUNATIC_SANITIZE)
		if(LUNATIC_STATIC)
			find_library(LUNATIC_MIMALLOC mimalloc REQUIRED)
			target_link_libraries(lunatic PRIVATE
				"${LUNATIC_MIMALLOC}")
		else()
			find_package(mimalloc 2 REQUIRED)
			target_link_libraries(lunatic PRIVATE mimalloc)
		endif()
	endif()
	install(TARGETS lunatic RUNTIME)
	install(FILES docs/lunatic.1
		DESTINATION "${CMAKE_INSTALL_MANDIR}/man1")
	# What completes the command line, where each shell looks for it.
	set(share "${CMAKE_INSTALL_DATADIR}")
	foreach(completion bash:bash-completion/completions/lunatic
			zsh:zsh/vendor-completions/_lunatic
			fish:fish/vendor_completions.d/lunatic.fish)
		string(REGEX REPLACE ":.*" "" shell "${completion}")
		string(REGEX REPLACE ".*:" "" path "${completion}")
		set(file "${PROJECT_BINARY_DIR}/completions/${path}")
		get_filename_component(folder "${path}" DIRECTORY)
		file(MAKE_DIRECTORY "${PROJECT_BINARY_DIR}/completions/${folder}")
		add_custom_command(TARGET lunatic POST_BUILD
			COMMAND lunatic completions ${shell} > "${file}"
			VERBATIM)
		install(FILES "${file}" DESTINATION "${share}/${folder}")
	endforeach()
endif()

# What guests are compiled against is not for this machine's compiler, so it
# stays out of the include path.
set(LUNATIC_GUEST_INCLUDEDIR "${CMAKE_INSTALL_DATADIR}/lunatic/sdk/c/include")
# (sdk/c/CMakeLists.txt installs it.) Other libraries are their sources.
install(DIRECTORY sdk/go sdk/assemblyscript sdk/zig sdk/wit COMPONENT sdk
	DESTINATION "${CMAKE_INSTALL_DATADIR}/lunatic/sdk"
	PATTERN "template" EXCLUDE PATTERN "*_test.go" EXCLUDE)
file(GLOB pages CONFIGURE_DEPENDS docs/*.md)
install(FILES LICENSE-APACHE LICENSE-MIT README.md ${pages}
	DESTINATION "${CMAKE_INSTALL_DOCDIR}")

if(NOT LUNATIC_LIBRARIES OR NOT LUNATIC_LIBS)
	return()
endif()

install(DIRECTORY include/lunatic DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}"
	FILES_MATCHING PATTERN "*.h")

set(objects)
set(archives)
foreach(lib IN LISTS LUNATIC_LIBS)
	if(NOT lib MATCHES "^ln_")
		continue()
	endif()
	list(APPEND objects $<TARGET_OBJECTS:${lib}>)
	list(APPEND archives $<TARGET_FILE:${lib}>)
endforeach()

# Only what include/lunatic marks with LUNATIC_RT_API is visible: our objects are
# compiled with hidden visibility, and the engine's symbols are excluded.
add_library(lunatic_shared SHARED ${objects})
set_target_properties(lunatic_shared PROPERTIES
	OUTPUT_NAME lunatic
	LINKER_LANGUAGE C
	VERSION ${PROJECT_VERSION}
	SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})
target_link_libraries(lunatic_shared PRIVATE ln_flags engine llhttp
	OpenSSL::SSL OpenSSL::Crypto PkgConfig::sqlite3 PkgConfig::jansson)
target_link_options(lunatic_shared PRIVATE
	LINKER:--exclude-libs,ALL LINKER:--no-undefined)
target_include_directories(lunatic_shared INTERFACE
	"${PROJECT_SOURCE_DIR}/include")

# One archive with our objects and the engine's, so that a user links one file,
# and only the public names visible in it.
# GNU ar would ask its LTO plugins about every object of Rust's, at length.
find_program(LUNATIC_AR NAMES llvm-ar-19 llvm-ar REQUIRED)
set(merged "${PROJECT_BINARY_DIR}/liblunatic.a")
add_custom_command(
	OUTPUT "${merged}"
	COMMAND "${PROJECT_SOURCE_DIR}/cmake/merge-archives.sh"
		"${CMAKE_LINKER}" "${CMAKE_OBJCOPY}" "${LUNATIC_AR}" "${merged}"
		${archives} $<TARGET_FILE:engine> ${LUNATIC_WASMI_LIB}
		$<TARGET_FILE:llhttp>
	DEPENDS cmake/merge-archives.sh ${LUNATIC_LIBS} $<TARGET_FILE:engine>
	COMMENT "Merging liblunatic.a"
	VERBATIM)
add_custom_target(lunatic_static ALL DEPENDS "${merged}")
add_library(lunatic_archive STATIC IMPORTED GLOBAL)
set_target_properties(lunatic_archive PROPERTIES IMPORTED_LOCATION "${merged}")
target_link_libraries(lunatic_archive INTERFACE
	OpenSSL::SSL OpenSSL::Crypto PkgConfig::sqlite3 PkgConfig::jansson
	${LUNATIC_SYSTEM_LIBRARIES})
target_include_directories(lunatic_archive INTERFACE
	"${PROJECT_SOURCE_DIR}/include")
add_dependencies(lunatic_archive lunatic_static)

list(TRANSFORM LUNATIC_SYSTEM_LIBRARIES PREPEND "-l"
	OUTPUT_VARIABLE LUNATIC_PC_LIBS)
list(JOIN LUNATIC_PC_LIBS " " LUNATIC_PC_LIBS)
# The prefix is found from where lunatic.pc lies: it is chosen at installation.
if(IS_ABSOLUTE "${CMAKE_INSTALL_LIBDIR}")
	set(LUNATIC_PC_PREFIX "${CMAKE_INSTALL_PREFIX}")
else()
	file(RELATIVE_PATH up "/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/")
	string(REGEX REPLACE "/$" "" up "${up}")
	set(LUNATIC_PC_PREFIX "\${pcfiledir}/${up}")
endif()
configure_file(cmake/lunatic.pc.in lunatic.pc @ONLY)

install(TARGETS lunatic_shared LIBRARY)
install(FILES "${merged}" DESTINATION "${CMAKE_INSTALL_LIBDIR}")
install(FILES "${PROJECT_BINARY_DIR}/lunatic.pc"
	DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
