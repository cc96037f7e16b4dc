/*
 * DESIGN
 * `lunatic init FOLDER`: writes the files of sdk/LANGUAGE/template, which the
 * build has put into the program. A folder that is not empty is refused, and no
 * file is overwritten. Without a folder, in a cargo project: cli/init_cargo.h.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/text.h"
#include "cli/child.h"
#include "cli/commands.h"
#include "cli/doctor.h"
#include "cli/init_cargo.h"
#include "cli/options.h"
#include "cli/template_gen.h"

/* Whether the folder is empty, but for what git keeps there; prints a line if
 * it is not, or cannot be read. */
static bool is_empty(int folder, const char *name)
{
	int copy = dup(folder);
	DIR *dir = copy >= 0 ? fdopendir(copy) : NULL;
	const struct dirent *entry;
	bool empty = true;

	if (dir == NULL) {
		ln_log_say("cannot read '%s': %s", name, strerror(errno));
		if (copy >= 0)
			ln_fd_close(copy);
		return false;
	}
	while (empty && (entry = readdir(dir)) != NULL)
		empty = strcmp(entry->d_name, ".") == 0 ||
			strcmp(entry->d_name, "..") == 0 ||
			strcmp(entry->d_name, ".git") == 0;
	closedir(dir);
	if (!empty)
		ln_log_say("the folder '%s' is not empty: init begins "
			   "in a new one",
			   name);
	return empty;
}

static bool write_all(int fd, const char *text, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, text, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		text += n;
		len -= (size_t)n;
	}
	return true;
}

/* Makes the folders in the name of a file. */
static bool make_folders(int folder, const char *name)
{
	char path[256];

	for (const char *at = strchr(name, '/'); at != NULL;
	     at = strchr(at + 1, '/')) {
		snprintf(path, sizeof(path), "%.*s", (int)(at - name), name);
		if (mkdirat(folder, path, 0777) < 0 && errno != EEXIST)
			return false;
	}
	return true;
}

static bool write_file(int folder, const struct template_file *file)
{
	bool done;
	int fd;

	if (!make_folders(folder, file->name))
		return false;
	fd = openat(folder, file->name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
		    0666);
	if (fd < 0)
		return false;
	done = write_all(fd, file->text, file->len);
	return close(fd) == 0 && done;
}

/* What to type next, in the order of enum ln_cli_language. */
static const char *const next[] = {
	"make run && make test",
	("rustup target add wasm32-wasip1 && cargo run moon nobody stars && "
	 "cargo test"),
	"make run && make test",
	"npm install && npm start && npm test",
	"export ZIG_DEBUG_CMD=1 && zig build run && zig build test",
};

/* The same; the compiler of Zig may be a package of Python. */
static const char *what_next(const struct template *what)
{
	if (what == &templates[LN_LANGUAGE_ZIG] &&
	    !ln_child_is_installed("zig"))
		return "export ZIG_DEBUG_CMD=1 && python3 -m ziglang build run "
		       "&& python3 -m ziglang build test";
	return next[what - templates];
}

/* Prints a word for a shell. */
static void print_word(const char *word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789_./+-";

	if (word[strspn(word, plain)] == '\0') {
		fputs(word, stdout);
		return;
	}
	putchar('\'');
	for (; *word != '\0'; word++) {
		if (*word == '\'')
			fputs("'\\''", stdout);
		else
			putchar(*word);
	}
	putchar('\'');
}

static void print_next(const char *name, const struct template *what)
{
	printf("a program and its tests are in %s; next:\n  ", name);
	if (strcmp(name, ".") != 0) {
		fputs("cd ", stdout);
		print_word(name);
		fputs(" && ", stdout);
	}
	puts(what_next(what));
	if (!ln_doctor_can_build(what->language))
		printf("guests in %s cannot be built here yet: lunatic doctor "
		       "%s says what to do\n",
		       ln_doctor_name(what->language), what->language);
}

static int fill(int folder, const char *name, const struct template *what)
{
	if (!is_empty(folder, name))
		return 1;
	for (size_t i = 0; i < what->count; i++) {
		if (write_file(folder, &what->files[i]))
			continue;
		ln_log_say("cannot write '%s/%s': %s", name,
			   what->files[i].name, strerror(errno));
		return 1;
	}
	print_next(name, what);
	return ln_cli_flush() ? 0 : 1;
}

/* Whether a name can be shown as it is; prints a line if not. */
static bool is_name(const char *name)
{
	char *clean = strdup(name);
	bool is;

	if (clean == NULL)
		return false;
	ln_text_clean(clean, strlen(clean), false);
	is = strcmp(clean, name) == 0;
	free(clean);
	if (!is)
		ln_log_say("'%s' is no name of a folder to begin: it has "
			   "characters that cannot be shown",
			   name);
	return is;
}

static int begin(const char *name, const struct template *what)
{
	int folder;
	int status;

	if (mkdir(name, 0777) < 0 && errno != EEXIST) {
		ln_log_say("cannot make the folder '%s': %s", name,
			   strerror(errno));
		return 1;
	}
	folder = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder < 0) {
		ln_log_say("cannot open the folder '%s': %s", name,
			   strerror(errno));
		return 1;
	}
	status = fill(folder, name, what);
	ln_fd_close(folder);
	return status;
}

static int print_help(void)
{
	fputs("Usage: lunatic init FOLDER [options]\n"
	      "       lunatic init\n"
	      "\n"
	      "Begins a project in a new folder: a small supervised program "
	      "with tests, that\n"
	      "the tools of its language build and run. Without a folder, in a "
	      "cargo project,\n"
	      "has cargo build it for lunatic, and run it.\n",
	      stdout);
	ln_cli_print_options(ln_cli_init_options);
	return ln_cli_flush() ? 0 : 1;
}

int ln_cli_init(int argc, char **argv)
{
	static const struct ln_cli_option *const tables[] = {
		ln_cli_init_options, NULL
	};
	struct ln_cli_options options = { .language = LN_LANGUAGE_C };
	const char *name = "";
	char *path = NULL;
	int status;
	int count;

	if (argc == 2 && access("Cargo.toml", F_OK) == 0)
		return ln_cli_init_cargo();
	count = ln_cli_parse_words(argc, argv, tables, "lunatic init --help",
				   &options, &name, 1);
	ln_cli_options_deinit(&options);
	if (count < 0)
		return 1;
	if (options.action == LN_CLI_HELP)
		return print_help();
	if (name[0] == '\0') {
		ln_log_say("init takes the name of a folder: lunatic init app; "
			   "or none in a cargo project, where Cargo.toml is");
		return 1;
	}
	if (!is_name(name))
		return 1;
	/* A name that begins with '-' would be an option of `cd` as well. */
	if (name[0] == '-') {
		if (asprintf(&path, "./%s", name) < 0)
			return 1;
		name = path;
	}
	status = begin(name, &templates[options.language]);
	free(path);
	return status;
}
