#include "cli/project.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "cli/child.h"
#include "cli/doctor.h"
#include "cli/prepare.h"

#define WORDS_MAX 16
#define MAKEFILE_MAX ((size_t)1 << 20)
#define LIST(...) ((const char *const[]){ __VA_ARGS__, NULL })

/* In the order in which they are looked for: others have a Makefile too. */
static const struct ln_project projects[] = {
	{
		.language = "Rust",
		.word = "rust",
		.marker = "Cargo.toml",
		.tool = "cargo",
		.get = "install Rust from https://rustup.rs, then run rustup "
		       "target add wasm32-wasip1",
		.command = LIST("cargo", "build", "--target", "wasm32-wasip1"),
		.output = "target/wasm32-wasip1/",
		.sources = LIST(".rs", ".toml"),
	},
	{
		.language = "Go",
		.word = "go",
		.marker = "go.mod",
		.tool = "go",
		.get = "install Go 1.24 or newer from https://go.dev/dl",
		.command = LIST("go", "build", "-buildmode=c-shared", "-o",
				"app.wasm"),
		.variables = LIST("GOOS=wasip1", "GOARCH=wasm"),
		.output = "app.wasm",
		.sources = LIST(".go", ".s", "go.mod", "go.sum"),
	},
	{
		.language = "AssemblyScript",
		.word = "assemblyscript",
		.marker = "package.json",
		.tool = "npm",
		.get = "install Node.js from https://nodejs.org, then run npm "
		       "install",
		.command = LIST("npm", "run", "--silent", "build", "--"),
		.output = "app.wasm",
		.sources = LIST(".ts", "package.json"),
	},
	{
		.language = "Zig",
		.word = "zig",
		.marker = "build.zig",
		.tool = "zig",
		.get = "pip install ziglang, in a virtual environment where "
		       "the system's Python refuses that, or get it from "
		       "https://ziglang.org/download",
		.command = LIST("zig", "build"),
		.instead = LIST("python3", "-m", "ziglang", "build"),
		.probe = "python3 -m ziglang version >/dev/null 2>&1",
		/* Its build system, which is in sources, is compiled in
		 * seconds instead of minutes. */
		.variables = LIST("ZIG_DEBUG_CMD=1"),
		.output = "zig-out/bin",
		.sources = LIST(".zig", ".zon"),
	},
	{
		.language = "C",
		.word = "c",
		.marker = "Makefile",
		.tool = "make",
		.get = "install it, as with apt-get install make",
		.command = LIST("make"),
		.output = ".",
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

pid_t ln_build_start(struct ln_build *build)
{
	const struct ln_project *project = build->project;
	const char *words[WORDS_MAX + LN_PROJECT_MORE_MAX];
	const char *const *at;
	size_t count = 0;

	at = ln_child_is_installed(project->tool) ? project->command
						  : project->instead;
	for (; *at != NULL; at++)
		words[count++] = *at;
	for (size_t i = 0; i < build->more_count; i++)
		words[count++] = build->more[i];
	words[count] = NULL;
	/* Of this clock files have their times. It cannot fail. */
	(void)clock_gettime(CLOCK_REALTIME_COARSE, &build->begun);
	/* Our output says which module it is, and nothing else. */
	return ln_child_start(words, project->variables, STDERR_FILENO);
}

int ln_build_run(struct ln_build *build)
{
	pid_t pid = ln_build_start(build);

	return pid < 0 ? 1 : ln_child_wait(pid);
}

void ln_build_explain(const struct ln_build *build)
{
	const struct ln_project *project = build->project;

	/* Other projects have a Makefile, too. */
	if (strcmp(project->tool, "make") == 0 &&
	    !mentions(project->marker, "lunatic-cc"))
		return;
	if (!ln_doctor_can_build(project->word))
		ln_log_say("guests in %s cannot be built with what is here: "
			   "lunatic doctor %s says what to do",
			   project->language, project->word);
}

/* ---- What was built ---- */

/* What it is if none was built now: lunatic init calls it so. */
#define USUAL "app.wasm"

struct found {
	const struct timespec *begun;
	bool fresh; /* it was made by this build */
	bool usual; /* it has the usual name */
	struct timespec time;
	char *path; /* owned; NULL: none yet */
};

static bool ends_with(const char *text, const char *end)
{
	size_t len = strlen(text);
	size_t end_len = strlen(end);

	return len > end_len && strcmp(text + len - end_len, end) == 0;
}

static bool is_earlier(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec < b->tv_sec ||
	       (a->tv_sec == b->tv_sec && a->tv_nsec < b->tv_nsec);
}

static bool is_module(const char *path, struct timespec *time)
{
	struct stat stat_;

	if (!ends_with(path, ".wasm") || stat(path, &stat_) != 0 ||
	    !S_ISREG(stat_.st_mode))
		return false;
	*time = stat_.st_mtim;
	return true;
}

/* Whether a is rather what was asked for than b. */
static bool is_better(const struct found *a, const struct found *b)
{
	if (b->path == NULL || a->fresh != b->fresh)
		return b->path == NULL || a->fresh;
	if (a->usual != b->usual)
		return a->usual;
	return is_earlier(&b->time, &a->time);
}

static void offer(struct found *best, const char *path)
{
	struct found found = { .begun = best->begun };
	const char *name = strrchr(path, '/');

	if (!is_module(path, &found.time))
		return;
	found.fresh = !is_earlier(&found.time, found.begun);
	found.usual = strcmp(name != NULL ? name + 1 : path, USUAL) == 0;
	if (!is_better(&found, best))
		return;
	found.path = strdup(path);
	if (found.path == NULL)
		return;
	free(best->path);
	*best = found;
}

static void offer_folder(struct found *best, const char *folder)
{
	const struct dirent *entry;
	char *path;
	DIR *dir = opendir(folder);

	if (dir == NULL)
		return;
	while ((entry = readdir(dir)) != NULL) {
		if (asprintf(&path, "%s/%s", folder, entry->d_name) < 0)
			break;
		offer(best, path);
		free(path);
	}
	closedir(dir);
}

/* The folder of the profile that cargo is told to build. */
static const char *profile_of(const struct ln_build *build)
{
	static const char option[] = "--profile";
	const size_t len = sizeof(option) - 1;
	const char *profile = "dev";

	for (size_t i = 0; i < build->more_count; i++) {
		const char *word = build->more[i];

		if (strcmp(word, "--release") == 0 || strcmp(word, "-r") == 0)
			profile = "release";
		else if (strcmp(word, option) == 0 && i + 1 < build->more_count)
			profile = build->more[i + 1];
		else if (strncmp(word, option, len) == 0 && word[len] == '=')
			profile = word + len + 1;
	}
	if (strcmp(profile, "dev") == 0 || strcmp(profile, "test") == 0)
		return "debug";
	return strcmp(profile, "bench") == 0 ? "release" : profile;
}

/* Where the module is, to be freed. */
static char *output_of(const struct ln_build *build)
{
	const char *output = build->project->output;
	const char *target = getenv("CARGO_TARGET_DIR");
	const char *profile = ends_with(output, "/") ? profile_of(build) : "";
	bool moved = target != NULL &&
		     strncmp(output, "target/", strlen("target/")) == 0;
	char *path;

	if (asprintf(&path, "%s%s%s", moved ? target : "",
		     moved ? strchr(output, '/') : output, profile) < 0)
		return NULL;
	return path;
}

/* The module that the arguments name, as the target of a Makefile; or NULL. */
static char *named(const struct ln_build *build)
{
	struct timespec time;
	char *path;

	for (size_t i = build->more_count; i-- > 0;) {
		const char *word = build->more[i];

		if (!is_module(word, &time))
			continue;
		return asprintf(&path, "%s%s",
				strchr(word, '/') == NULL ? "./" : "", word) < 0
			       ? NULL
			       : path;
	}
	return NULL;
}

char *ln_build_module(const struct ln_build *build)
{
	struct found best = { .begun = &build->begun, .path = named(build) };
	char *output;

	if (best.path != NULL)
		return best.path;
	output = output_of(build);
	if (output == NULL)
		return NULL;
	if (ends_with(output, ".wasm"))
		offer(&best, output);
	else
		offer_folder(&best, output);
	if (best.path == NULL)
		ln_log_say("the build has made no module in '%s'", output);
	free(output);
	return best.path;
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
