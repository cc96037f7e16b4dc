# Programs for any x86-64 system with glibc 2.31 or newer (preset dist).
set(arch x86_64)
set(CMAKE_C_COMPILER gcc)
set(CMAKE_ASM_COMPILER gcc)
include("${CMAKE_CURRENT_LIST_DIR}/common.cmake")
