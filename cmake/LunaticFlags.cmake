# How our own C is compiled. `ln_flags` is linked by every library, program and
# test of ours, but not by build tools, which run while building and need no
# sanitizer.
if(NOT CMAKE_BUILD_TYPE)
	set(CMAKE_BUILD_TYPE Release CACHE STRING "Debug or Release" FORCE)
endif()

# Asserts are for debug builds only: a release build checks what a guest can
# reach with code that returns an error.
set(CMAKE_C_FLAGS_DEBUG "-O1 -g")
set(CMAKE_ASM_FLAGS_DEBUG "-g")
set(CMAKE_C_FLAGS_RELEASE "-O2 -g1 -DNDEBUG")
set(CMAKE_ASM_FLAGS_RELEASE "-g1")

set(CMAKE_C_STANDARD 17)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_C_VISIBILITY_PRESET hidden)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

include(CheckPIESupported)
check_pie_supported(LANGUAGES C)
set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)

add_library(ln_flags INTERFACE)
target_compile_definitions(ln_flags INTERFACE _GNU_SOURCE
	$<$<CONFIG:Debug>:LN_ASSERTS=1>)
target_link_libraries(ln_flags INTERFACE Threads::Threads)
# Static probes (src/base/probe.h), where there is what describes them.
include(CheckIncludeFile)
check_include_file(sys/sdt.h LUNATIC_HAS_SDT)
if(LUNATIC_HAS_SDT)
	target_compile_definitions(ln_flags INTERFACE LN_PROBES=1)
endif()
target_include_directories(ln_flags INTERFACE
	"${PROJECT_SOURCE_DIR}/src"
	"${PROJECT_SOURCE_DIR}/include"
	"${PROJECT_BINARY_DIR}/gen")
target_compile_options(ln_flags INTERFACE
	-fno-omit-frame-pointer
	$<$<COMPILE_LANGUAGE:C>:-Wall;-Wextra;-Wshadow;-Wconversion>
	$<$<COMPILE_LANGUAGE:C>:-Wstrict-prototypes;-Wmissing-prototypes>
	$<$<BOOL:${LUNATIC_WERROR}>:-Werror>)

# Hardening. The canary of stack protection is the same in all threads, so a
# function may begin in one and end in another. Of control-flow enforcement only
# the checks of indirect branches are asked for (landing pads; sched/switch.S
# has its own). Shadow stacks are not: a switch of fibers does not switch them,
# nor does a return to an interrupted guest go through one. The engine's objects
# and the code that it compiles have neither mark, so the linker drops both from
# the program and the library, and the system turns nothing on for them.
include(CheckCCompilerFlag)
set(LUNATIC_HARDENING)
foreach(flag -fstack-protector-strong -fcf-protection=branch)
	string(MAKE_C_IDENTIFIER "LUNATIC_HAS${flag}" has)
	check_c_compiler_flag(${flag} ${has})
	if(${has})
		list(APPEND LUNATIC_HARDENING ${flag})
	endif()
endforeach()
target_compile_options(ln_flags INTERFACE
	$<$<COMPILE_LANGUAGE:C>:${LUNATIC_HARDENING}>)

if(LUNATIC_SANITIZE)
	set(sanitize -fsanitize=${LUNATIC_SANITIZE})
	if(LUNATIC_SANITIZE MATCHES "undefined")
		list(APPEND sanitize -fno-sanitize-recover=all)
	endif()
	include(CheckCSourceCompiles)
	set(CMAKE_REQUIRED_FLAGS ${sanitize})
	string(REPLACE "fuzzer-no-link," "" CMAKE_REQUIRED_FLAGS
		"${CMAKE_REQUIRED_FLAGS}")
	string(REPLACE ";" " " CMAKE_REQUIRED_FLAGS "${CMAKE_REQUIRED_FLAGS}")
	check_c_source_compiles("int main(void) { return 0; }"
		LUNATIC_SANITIZER_LINKS)
	unset(CMAKE_REQUIRED_FLAGS)
	if(NOT LUNATIC_SANITIZER_LINKS)
		message(FATAL_ERROR "${CMAKE_C_COMPILER} lacks the run-time "
			"libraries of sanitizers (Debian: libclang-rt-19-dev); "
			"tools/bootstrap.sh --with sanitizers installs them")
	endif()
	target_compile_options(ln_flags INTERFACE ${sanitize})
	target_link_options(ln_flags INTERFACE ${sanitize})
else()
	target_link_options(ln_flags INTERFACE LINKER:-z,relro,-z,now)
endif()
# Programs for another processor that are for tests find the C library of the
# sysroot by themselves, wherever a test starts them.
if(CMAKE_CROSSCOMPILING AND CMAKE_SYSROOT AND LUNATIC_TESTS)
	set(libraries "${CMAKE_SYSROOT}/lib/${LUNATIC_PROCESSOR}-linux-gnu")
	target_link_options(ln_flags INTERFACE
		"LINKER:--dynamic-linker,${CMAKE_SYSROOT}/lib/ld-linux-aarch64.so.1"
		"LINKER:--disable-new-dtags"
		"LINKER:-rpath,${libraries}:${CMAKE_SYSROOT}/usr/lib/${LUNATIC_PROCESSOR}-linux-gnu")
endif()
# Not in debug builds, whose tests put calls of their own in the place of the C
# library's: the checked ones have other names.
if(CMAKE_BUILD_TYPE STREQUAL "Release" AND NOT LUNATIC_SANITIZE)
	target_compile_options(ln_flags INTERFACE
		$<$<COMPILE_LANGUAGE:C>:-U_FORTIFY_SOURCE;-D_FORTIFY_SOURCE=2>)
	target_link_options(ln_flags INTERFACE LINKER:--gc-sections)
endif()

# Calls between our files are inlined in release builds: host functions into the
# trampolines, the scheduler into the functions that park. Objects hold machine
# code as well, so that liblunatic.a links without this. Only gcc: clang's form
# would need its own linker.
if(CMAKE_BUILD_TYPE STREQUAL "Release" AND NOT LUNATIC_SANITIZE
		AND CMAKE_C_COMPILER_ID STREQUAL "GNU")
	set(lto -flto=auto -ffat-lto-objects)
	target_compile_options(ln_flags INTERFACE
		$<$<COMPILE_LANGUAGE:C>:${lto}>)
	target_link_options(ln_flags INTERFACE ${lto})
	set(CMAKE_AR "${CMAKE_C_COMPILER_AR}")
	set(CMAKE_RANLIB "${CMAKE_C_COMPILER_RANLIB}")
endif()

# gcc for any x86-64 clears structs of some hundred bytes with `rep stos`, which
# takes tens of nanoseconds to begin; a spawn has five of them. Only where it
# counts: clang-tidy reads the commands of the debug build.
if(CMAKE_C_COMPILER_ID STREQUAL "GNU" AND CMAKE_BUILD_TYPE STREQUAL "Release")
	include(CheckCCompilerFlag)
	set(clearing
		-mmemset-strategy=vector_loop:2048:noalign,libcall:-1:noalign)
	check_c_compiler_flag("${clearing}" LUNATIC_CLEARS_BY_VECTORS)
	if(LUNATIC_CLEARS_BY_VECTORS)
		target_compile_options(ln_flags INTERFACE
			$<$<COMPILE_LANGUAGE:C>:${clearing}>)
	endif()
endif()

# What the sources under src/ are compiled with on top. They run on fibers,
# whose stacks are small; unoptimised and instrumented frames are larger and
# those builds get larger stacks, so only release builds check.
add_library(ln_src_flags INTERFACE)
target_link_libraries(ln_src_flags INTERFACE ln_flags)
if(CMAKE_BUILD_TYPE STREQUAL "Release" AND NOT LUNATIC_SANITIZE)
	target_compile_options(ln_src_flags INTERFACE
		$<$<COMPILE_LANGUAGE:C>:-Wframe-larger-than=1024>)
endif()

configure_file(cmake/lunatic_version.h.in gen/lunatic_version.h @ONLY)
