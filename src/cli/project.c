#include "cli/project.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "cli/child.h"
#include "cli/prepare.h"

#define WORDS_MAX 16
#define MAKEFILE_MAX ((size_t)1 << 20)
#define LIST(...) ((const char *const[]){ __VA_ARGS__, NULL })

/* In the order in which they are looked for: others have a Makefile too. */
static const struct ln_project projects[] = {
	{
		.language = "Rust",
		.marker = "Cargo.toml",
		.tool = "cargo",
		.get = "install Rust from https://rustup.rs, then run rustup "
		       "target add wasm32-wasip1",
		.command = LIST("cargo", "build", "--target", "wasm32-wasip1"),
		.outputs = LIST("target/wasm32-wasip1/debug",
				"target/wasm32-wasip1/release"),
		.sources = LIST(".rs", ".toml"),
	},
	{
		.language = "Go",
		.marker = "go.mod",
		.tool = "go",
		.get = "install Go 1.24 or newer from https://go.dev/dl",
		.command = LIST("go", "build", "-buildmode=c-shared", "-o",
				"app.wasm"),
		.variables = LIST("GOOS=wasip1", "GOARCH=wasm"),
		.outputs = LIST("app.wasm"),
		.sources = LIST(".go", ".s", "go.mod", "go.sum"),
	},
	{
		.language = "AssemblyScript",
		.marker = "package.json",
		.tool = "npm",
		.get = "install Node.js from https://nodejs.org, then run npm "
		       "install",
		.command = LIST("npm", "run", "--silent", "build", "--"),
		.outputs = LIST("app.wasm"),
		.sources = LIST(".ts", "package.json"),
	},
	{
		.language = "Zig",
		.marker = "build.zig",
		.tool = "zig",
		.get = "pip install ziglang, or get it from "
		       "https://ziglang.org/download",
		.command = LIST("zig", "build"),
		.instead = LIST("python3", "-m", "ziglang", "build"),
		.probe = "python3 -m ziglang version >/dev/null 2>&1",
		.outputs = LIST("zig-out/bin"),
		.sources = LIST(".zig", ".zon"),
	},
	{
		.language = "C",
		.marker = "Makefile",
		.tool = "make",
		.get = "install it, as with apt-get install make",
		.command = LIST("make"),
		.outputs = LIST("."),
		.sources = LIST(".c", ".h", "Makefile"),
	},
};

#define PROJECTS (sizeof(projects) / sizeof(projects[0]))

const struct ln_project *ln_project_find(void)
{
	for (size_t i = 0; i < PROJECTS; i++) {
		if (access(projects[i].marker, F_OK) == 0)
			return &projects[i];
	}
	ln_log_say("there is no project in this folder: none of Cargo.toml, "
		   "go.mod, package.json, build.zig and Makefile; lunatic init "
		   "FOLDER begins one");
	return NULL;
}

/* Whether the file, a text, has the word in it. */
static bool mentions(const char *file, const char *word)
{
	size_t len;
	uint8_t *bytes = ln_cli_read_file(file, MAKEFILE_MAX, &len);
	bool found =
		bytes != NULL && memmem(bytes, len, word, strlen(word)) != NULL;

	free(bytes);
	return found;
}

/* Whether what takes the place of a tool that is not installed is there. */
static bool has_instead(const struct ln_project *project)
{
	return project->instead != NULL &&
	       ln_child_is_installed(project->instead[0]) &&
	       ln_child_run(LIST("sh", "-c", project->probe), NULL) == 0;
}

bool ln_project_has_tools(const struct ln_project *project)
{
	if (!ln_child_is_installed(project->tool) && !has_instead(project)) {
		ln_log_say("'%s' is not in the PATH, which projects in %s "
			   "need: %s",
			   project->tool, project->language, project->get);
		return false;
	}
	if (strcmp(project->tool, "npm") == 0 &&
	    !ln_child_is_installed("asc") &&
	    access("node_modules/.bin/asc", X_OK) != 0) {
		ln_log_say("'asc' is not in the PATH, nor in node_modules, "
			   "which projects in AssemblyScript need: run npm "
			   "install");
		return false;
	}
	if (strcmp(project->tool, "make") == 0 &&
	    !ln_child_is_installed("lunatic-cc") &&
	    mentions(project->marker, "lunatic-cc")) {
		ln_log_say("'lunatic-cc' is not in the PATH, which this "
			   "Makefile needs: it is installed beside lunatic, "
			   "and needs clang 19");
		return false;
	}
	return true;
}

int ln_project_build(const struct ln_project *project, char **more,
		     size_t more_count)
{
	const char *words[WORDS_MAX + LN_PROJECT_MORE_MAX];
	const char *const *at;
	size_t count = 0;

	if (!ln_project_has_tools(project))
		return 1;
	at = ln_child_is_installed(project->tool) ? project->command
						  : project->instead;
	for (; *at != NULL; at++)
		words[count++] = *at;
	for (size_t i = 0; i < more_count; i++)
		words[count++] = more[i];
	words[count] = NULL;
	return ln_child_run(words, project->variables);
}

/* ---- What was built ---- */

struct newest {
	struct timespec time;
	char *path; /* owned; NULL: none yet */
};

static bool ends_with(const char *text, const char *end)
{
	size_t len = strlen(text);
	size_t end_len = strlen(end);

	return len > end_len && strcmp(text + len - end_len, end) == 0;
}

static void offer(struct newest *newest, const char *path)
{
	struct stat stat_;
	char *copy;

	if (!ends_with(path, ".wasm") || stat(path, &stat_) != 0 ||
	    !S_ISREG(stat_.st_mode))
		return;
	if (newest->path != NULL &&
	    (stat_.st_mtim.tv_sec < newest->time.tv_sec ||
	     (stat_.st_mtim.tv_sec == newest->time.tv_sec &&
	      stat_.st_mtim.tv_nsec <= newest->time.tv_nsec)))
		return;
	copy = strdup(path);
	if (copy == NULL)
		return;
	free(newest->path);
	newest->path = copy;
	newest->time = stat_.st_mtim;
}

static void offer_folder(struct newest *newest, const char *folder)
{
	const struct dirent *entry;
	char *path;
	DIR *dir = opendir(folder);

	if (dir == NULL)
		return;
	while ((entry = readdir(dir)) != NULL) {
		if (asprintf(&path, "%s/%s", folder, entry->d_name) < 0)
			break;
		offer(newest, path);
		free(path);
	}
	closedir(dir);
}

char *ln_project_module(const struct ln_project *project)
{
	const char *target = getenv("CARGO_TARGET_DIR");
	struct newest newest = { .path = NULL };
	char *path;

	for (const char *const *at = project->outputs; *at != NULL; at++) {
		const char *slash = strchr(*at, '/');
		bool moved = target != NULL &&
			     strncmp(*at, "target/", strlen("target/")) == 0;

		if (asprintf(&path, "%s%s", moved ? target : "",
			     moved ? slash : *at) < 0)
			break;
		if (ends_with(path, ".wasm"))
			offer(&newest, path);
		else
			offer_folder(&newest, path);
		free(path);
	}
	if (newest.path == NULL)
		ln_log_say("the build has made no module in '%s'",
			   project->outputs[0]);
	return newest.path;
}

bool ln_project_is_source(const struct ln_project *project, const char *name)
{
	if (name[0] == '.')
		return false;
	for (const char *const *at = project->sources; *at != NULL; at++) {
		if (**at == '.' ? ends_with(name, *at) : strcmp(name, *at) == 0)
			return true;
	}
	return false;
}
