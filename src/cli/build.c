/* `lunatic build`: builds the project in the current folder. */
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "cli/commands.h"
#include "cli/project.h"

static const char usage[] =
	"Usage: lunatic build [ARGUMENT...]\n"
	"\n"
	"Builds the project in the current folder, with the tool of its\n"
	"language, which gets the arguments:\n"
	"\n"
	"  Cargo.toml    cargo build --target wasm32-wasip1\n"
	"  go.mod        GOOS=wasip1 GOARCH=wasm go build\n"
	"                -buildmode=c-shared -o app.wasm\n"
	"  package.json  npm run build\n"
	"  build.zig     zig build, or python3 -m ziglang build\n"
	"  Makefile      make\n"
	"\n"
	"lunatic init begins such a project. The status is that of the tool.\n";

int ln_cli_build(int argc, char **argv)
{
	struct ln_build build = { .more = argv + 2 };
	char *module;
	int status;

	if (ln_cli_helps(argc, argv, usage, &status))
		return status;
	if (argc - 2 > LN_PROJECT_MORE_MAX) {
		ln_log_say("build takes at most %d arguments",
			   LN_PROJECT_MORE_MAX);
		return 1;
	}
	build.more_count = (size_t)(argc - 2);
	build.project = ln_project_find();
	if (build.project == NULL || !ln_project_has_tools(build.project))
		return 1;
	status = ln_build_run(&build);
	if (status != 0) {
		ln_build_explain(&build);
		return status;
	}
	module = ln_build_module(&build);
	if (module == NULL)
		return 1;
	printf("%s\n", module);
	free(module);
	return ln_cli_flush() ? 0 : 1;
}
