/*
 * DESIGN
 * What `lunatic doctor` knows of languages: for each all that is missing is
 * told at once, and what comes in packages of Debian as one command. Compilers
 * are asked with commands of this file alone.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/child.h"
#include "cli/doctor.h"

/* The first line that a command prints, which is a constant; false: none. */
static bool ask(const char *command, char *line, size_t size)
{
	/* NOLINTNEXTLINE(cert-env33-c): no word of it is somebody else's. */
	FILE *out = popen(command, "re");
	bool said;

	if (out == NULL)
		return false;
	said = fgets(line, (int)size, out) != NULL;
	if (pclose(out) != 0 || !said)
		return false;
	line[strcspn(line, "\n")] = '\0';
	return line[0] != '\0';
}

/* What one language needs. */
struct need {
	const char *program; /* in the PATH; NULL: any */
	const char *command; /* prints a line if it is there; NULL: any */
	const char *package; /* of Debian that has it; or NULL, */
	const char *advice;  /* and what to do */
};

static const char driver[] =
	"lunatic-cc is installed beside lunatic: add its folder to the PATH";

/* The compiler that lunatic-cc takes. */
#define CLANG                                                                  \
	"clang=${LUNATIC_CLANG:-$(command -v clang-19 || command -v clang)}; " \
	"[ -n \"$clang\" ] && "
#define FOR_WASI "\"$clang\" --target=wasm32-wasi "
#define ZIG "{ zig version || python3 -m ziglang version; } 2>/dev/null"

static const struct language {
	const char *word;
	const char *name;
	const char *version; /* a command that prints a line; */
	bool by_version;     /* a compiler that is there is too old */
	const char *other;   /* where Debian's packages are not; or NULL */
	struct need needs[6];
} languages[] = {
	{ "c",
	  "C",
	  CLANG "\"$clang\" --version 2>/dev/null",
	  false,
	  "clang with wasm-ld, wasi-libc, compiler-rt for wasm32, and make; "
	  "LUNATIC_CLANG names\n"
	  "another clang, such as that of "
	  "https://github.com/WebAssembly/wasi-sdk/releases",
	  { { "lunatic-cc", NULL, NULL, driver },
	    { NULL, CLANG "\"$clang\" --version 2>/dev/null", "clang-19",
	      NULL },
	    { NULL,
	      CLANG "command -v \"$(" FOR_WASI
		    "-print-prog-name=wasm-ld 2>/dev/null)\"",
	      "lld-19", NULL },
	    { NULL,
	      CLANG "ls \"$(" FOR_WASI "-print-file-name=libc.a)\" "
		    "2>/dev/null",
	      "wasi-libc", NULL },
	    { NULL,
	      CLANG "ls \"$(" FOR_WASI "-print-libgcc-file-name)\" "
		    "2>/dev/null",
	      "libclang-rt-19-dev-wasm32", NULL },
	    { "make", NULL, "make", NULL } } },
	{ "rust",
	  "Rust",
	  "rustc --version 2>/dev/null",
	  false,
	  NULL,
	  { { "cargo", NULL, NULL, "https://rustup.rs installs it" },
	    { NULL,
	      "ls -d \"$(rustc --print target-libdir --target wasm32-wasip1)\" "
	      "2>/dev/null",
	      NULL, "rustup target add wasm32-wasip1" } } },
	{ "go",
	  "Go",
	  "go version 2>/dev/null",
	  true,
	  NULL,
	  { { NULL,
	      "go version 2>/dev/null | grep -vE ' go1\\.([0-9]|1[0-9]|2[0-3])"
	      "[. ]'",
	      NULL, "Go 1.24 or later is needed: https://go.dev/dl" } } },
	{ "assemblyscript",
	  "AssemblyScript",
	  "v=$(node --version 2>/dev/null) && echo \"Node.js $v\"",
	  false,
	  NULL,
	  { { "npm", NULL, NULL,
	      "https://nodejs.org has it; npm install then gets the compiler "
	      "of a project" } } },
	{ "zig",
	  "Zig",
	  ZIG,
	  true,
	  NULL,
	  { { NULL, ZIG " | grep -vE '^0\\.([0-9]|1[0-6])\\.'", NULL,
	      "Zig 0.17 or later is needed: pip install -U ziglang, or "
	      "https://ziglang.org/download\n"
	      "(where the system's Python refuses that: python3 -m venv "
	      "~/ziglang &&\n"
	      "export PATH=~/ziglang/bin:$PATH && pip install ziglang)" } } },
};

#define LANGUAGES (sizeof(languages) / sizeof(languages[0]))
#define NEEDS (sizeof(languages[0].needs) / sizeof(languages[0].needs[0]))

static const struct language *find(const char *word)
{
	for (size_t i = 0; i < LANGUAGES; i++) {
		if (strcmp(languages[i].word, word) == 0)
			return &languages[i];
	}
	return NULL;
}

unsigned ln_doctor_language(const char *word)
{
	const struct language *language = find(word);

	return language != NULL ? 1U << (language - languages) : 0;
}

static bool is_there(const struct need *need)
{
	char line[512];

	if (need->program != NULL && !ln_child_is_installed(need->program))
		return false;
	return need->command == NULL || ask(need->command, line, sizeof(line));
}

/* Whether something is needed there that is missing. */
static bool is_missing(const struct need *need)
{
	return (need->package != NULL || need->advice != NULL) &&
	       !is_there(need);
}

const char *ln_doctor_name(const char *word)
{
	return find(word)->name;
}

bool ln_doctor_can_build(const char *word)
{
	const struct language *language = find(word);

	for (size_t i = 0; i < NEEDS; i++) {
		if (is_missing(&language->needs[i]))
			return false;
	}
	return true;
}

/* What to do about a lunatic-cc that is not in the PATH. */
static void write_path(FILE *out)
{
	char *self = realpath(LN_CHILD_SELF, NULL);
	char *end = self != NULL ? strrchr(self, '/') : NULL;
	char *file = NULL;

	if (end != NULL)
		*end = '\0';
	if (end == NULL || asprintf(&file, "%s/lunatic-cc", self) < 0)
		file = NULL;
	if (file != NULL && access(file, X_OK) == 0)
		fprintf(out, "export PATH=\"%s:$PATH\"", self);
	else
		fputs(driver, out);
	free(file);
	free(self);
}

static bool has_packages(void)
{
	return ln_child_is_installed("apt-get");
}

/* Writes what to do into `out`. Whether something is missing. */
static bool write_advice(const struct language *language, FILE *out)
{
	bool packages = false, other = false, missing = false;

	for (size_t i = 0; i < NEEDS; i++) {
		const struct need *need = &language->needs[i];

		if (!is_missing(need))
			continue;
		if (need->advice != NULL && missing)
			fputc('\n', out);
		if (need->advice == driver)
			write_path(out);
		else if (need->advice != NULL)
			fputs(need->advice, out);
		else if (!has_packages())
			other = true;
		else if (packages)
			fprintf(out, " %s", need->package);
		else
			fprintf(out, "%sas root: apt-get install %s",
				missing ? "\n" : "", need->package);
		packages = packages || (need->package != NULL && !other);
		missing = true;
	}
	if (packages)
		fputs("\n(Debian before 12 and Ubuntu before 24.04 have them "
		      "from https://apt.llvm.org)",
		      out);
	if (other)
		fprintf(out, "%sit takes %s", ftell(out) > 0 ? "\n" : "",
			language->other);
	return missing;
}

static void look_at_language(const struct language *language, bool asked_for)
{
	char *advice = NULL;
	char version[256];
	size_t len;
	FILE *out = open_memstream(&advice, &len);
	bool missing;

	if (out == NULL)
		return;
	missing = write_advice(language, out);
	if (!ask(language->version, version, sizeof(version)))
		version[0] = '\0';
	if (fclose(out) != 0 || missing) {
		bool old = language->by_version && version[0] != '\0';

		ln_doctor_say(asked_for ? LN_DOCTOR_FAIL : LN_DOCTOR_NOTE,
			      language->word, advice,
			      "guests in %s cannot be built%s%s",
			      language->name, old ? " with " : "",
			      old ? version : "");
		free(advice);
		return;
	}
	free(advice);
	ln_doctor_say(LN_DOCTOR_OK, language->word, NULL, "guests in %s: %s",
		      language->name, version);
}

void ln_doctor_look_at_languages(unsigned set, bool asked_for)
{
	for (size_t i = 0; i < LANGUAGES; i++) {
		if ((set & 1U << i) != 0)
			look_at_language(&languages[i], asked_for);
	}
}
