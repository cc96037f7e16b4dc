# What both toolchain files share; `arch` is x86_64 or aarch64. Programs made so
# run on glibc 2.31 and newer, with no other library: tools/dist/sysroot.sh.
# LUNATIC_SYSROOT in the environment is another sysroot.
if(NOT DEFINED ENV{LUNATIC_SYSROOT_${arch}})
	if(DEFINED ENV{LUNATIC_SYSROOT})
		set(sysroot "$ENV{LUNATIC_SYSROOT}")
	else()
		execute_process(
			COMMAND "${CMAKE_CURRENT_LIST_DIR}/../../tools/dist/sysroot.sh"
				${arch}
			OUTPUT_VARIABLE sysroot
			OUTPUT_STRIP_TRAILING_WHITESPACE
			RESULT_VARIABLE sysroot_result)
		if(NOT sysroot_result EQUAL 0)
			message(FATAL_ERROR "there is no sysroot for ${arch}")
		endif()
	endif()
	# This file is read several times, by child processes as well.
	set(ENV{LUNATIC_SYSROOT_${arch}} "${sysroot}")
endif()
set(CMAKE_SYSROOT "$ENV{LUNATIC_SYSROOT_${arch}}")
set(triplet ${arch}-linux-gnu)
set(CMAKE_LIBRARY_ARCHITECTURE ${triplet})
set(LUNATIC_STATIC ON CACHE BOOL "Link all libraries but the C library statically")

set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
set(ENV{PKG_CONFIG_SYSROOT_DIR} "${CMAKE_SYSROOT}")
set(ENV{PKG_CONFIG_LIBDIR}
	"${CMAKE_SYSROOT}/usr/lib/${triplet}/pkgconfig:${CMAKE_SYSROOT}/usr/share/pkgconfig")

# The unwinder of this machine's compiler may ask the C library for more than
# 2.31 has; that of Debian 11 does not.
set(flags -static-libgcc "-L${CMAKE_SYSROOT}/usr/lib/gcc/${triplet}/10"
# A compiler prefers the libraries beside itself to those of a sysroot.
	"-B${CMAKE_SYSROOT}/usr/lib/${triplet}"
	"-L${CMAKE_SYSROOT}/usr/lib/${triplet}"
	"-L${CMAKE_SYSROOT}/lib/${triplet}")
list(JOIN flags " " flags)
set(CMAKE_EXE_LINKER_FLAGS_INIT "${flags}")
set(CMAKE_SHARED_LINKER_FLAGS_INIT "${flags}")
# Nothing of this machine's folders gets into the program.
get_filename_component(source "${CMAKE_CURRENT_LIST_DIR}/../.." ABSOLUTE)
# Likewise headers.
execute_process(
	COMMAND "${CMAKE_C_COMPILER}" -print-file-name=include
	OUTPUT_VARIABLE compiler_headers OUTPUT_STRIP_TRAILING_WHITESPACE)
set(headers -nostdinc -isystem "${compiler_headers}"
	-isystem "${CMAKE_SYSROOT}/usr/include/${triplet}"
	-isystem "${CMAKE_SYSROOT}/usr/include")
list(JOIN headers " " headers)
set(CMAKE_C_FLAGS_INIT
	"${headers} -ffile-prefix-map=${source}=. -ffile-prefix-map=${CMAKE_SYSROOT}=sysroot")
set(CMAKE_ASM_FLAGS_INIT "${CMAKE_C_FLAGS_INIT}")
