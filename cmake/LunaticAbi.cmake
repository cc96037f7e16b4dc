# The host ABI: abigen turns the tables in src/host into trampolines and prototypes,
# found by ln_host as "host/abi_gen.h".
file(GLOB abigen_sources CONFIGURE_DEPENDS
	"${PROJECT_SOURCE_DIR}/tools/abigen*.c")
add_executable(abigen ${abigen_sources})
target_compile_options(abigen PRIVATE
	-Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes
	-Wmissing-prototypes $<$<BOOL:${LUNATIC_WERROR}>:-Werror>)

# Tables for each generation, the default one first, and one for WASI.
file(GLOB v13_tables CONFIGURE_DEPENDS
	"${PROJECT_SOURCE_DIR}/src/host/v13/*.def")
set(abi_tables
	"${PROJECT_SOURCE_DIR}/src/host/v07/abi.def"
	"${PROJECT_SOURCE_DIR}/src/host/v07/cluster.def"
	"${PROJECT_SOURCE_DIR}/src/host/v07/http.def"
	${v13_tables}
	"${PROJECT_SOURCE_DIR}/src/host/wasi/abi.def")
set(abi_dir "${PROJECT_BINARY_DIR}/gen/host")
set(LUNATIC_ABI_SOURCES "${abi_dir}/abi_gen.c" "${abi_dir}/abi_gen.h")
file(MAKE_DIRECTORY "${abi_dir}")
add_custom_command(
	OUTPUT ${LUNATIC_ABI_SOURCES} "${abi_dir}/all_imports.wat"
		"${abi_dir}/all_imports_0_13.wat"
	COMMAND abigen ${abi_tables}
		--c "${abi_dir}/abi_gen.c"
		--h "${abi_dir}/abi_gen.h"
		--wat "${abi_dir}/all_imports.wat"
	COMMAND abigen ${abi_tables} --generation 0.13
		--wat "${abi_dir}/all_imports_0_13.wat"
	DEPENDS abigen ${abi_tables}
	COMMENT "Generating the host ABI"
	VERBATIM)
add_custom_target(gen DEPENDS ${LUNATIC_ABI_SOURCES})
