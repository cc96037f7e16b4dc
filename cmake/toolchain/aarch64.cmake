# Programs for any aarch64 system with glibc 2.31 or newer (presets aarch64 and
# dist-aarch64). What has to run while building runs in qemu-user.
set(arch aarch64)
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_ASM_COMPILER aarch64-linux-gnu-gcc)
include("${CMAKE_CURRENT_LIST_DIR}/common.cmake")
set(CMAKE_CROSSCOMPILING_EMULATOR
	"${CMAKE_CURRENT_LIST_DIR}/../../tools/dist/emulate.sh;${CMAKE_SYSROOT}")
