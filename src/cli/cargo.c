/*
 * DESIGN
 * Cargo tells the programs that it runs where their manifest is, and puts tests
 * and benchmarks below a folder "deps", whatever its other folders are called.
 * A benchmark is passed --bench. What the module exports is read from its
 * binary, before there is an engine.
 */
#include "cli/cargo.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/fd.h"
#include "engine/binary.h"
#include "engine/component.h"

/* A larger one is not looked at. */
#define MODULE_MAX ((size_t)1 << 30)

static bool is_below_deps(const char *file)
{
	size_t len = strlen(file);

	if (len < 5 || strcmp(file + len - 5, ".wasm") != 0)
		return false;
	return strncmp(file, "deps/", 5) == 0 || strstr(file, "/deps/") != NULL;
}

/* Reads a whole file of at most `bound` bytes. */
static bool read_file(const char *file, size_t bound, struct ln_bytes *bytes)
{
	/* Whatever it is, opening it must not wait. */
	int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat stat;
	ssize_t n = 1;

	*bytes = (struct ln_bytes){ .max = bound };
	if (fd < 0)
		return false;
	if (fstat(fd, &stat) < 0 || !S_ISREG(stat.st_mode) ||
	    stat.st_size <= 0 || (uintmax_t)stat.st_size > bound ||
	    !ln_bytes_reserve(bytes, (size_t)stat.st_size))
		n = -1;
	while (n > 0 && bytes->len < (size_t)stat.st_size) {
		n = read(fd, bytes->data + bytes->len,
			 (size_t)stat.st_size - bytes->len);
		if (n > 0)
			bytes->len += (size_t)n;
	}
	ln_fd_close(fd);
	return n > 0;
}

/* Whether a binary exports tests, or nothing else that could be run. */
static bool has_tests(const uint8_t *bytes, size_t len)
{
	struct ln_cursor section =
		ln_binary_find(bytes, len, LN_SECTION_EXPORT);
	struct ln_export export;
	bool program = false;
	uint64_t count;

	/* A component has one entry. */
	if (ln_component_is(bytes, len))
		return false;
	if (!ln_cursor_number(&section, 32, &count))
		return true;
	while (count-- > 0 && ln_binary_export(&section, &export)) {
		if (export.kind != LN_EXTERN_FUNCTION)
			continue;
		if (ln_cursor_begins(export.name, "#lunatic_test_"))
			return true;
		program |= ln_cursor_is(export.name, "_start");
	}
	return !program;
}

bool ln_cargo_is_test(const char *file, char *const *args, size_t count)
{
	struct ln_bytes bytes;
	bool is_test;

	if (getenv("CARGO_MANIFEST_DIR") == NULL || !is_below_deps(file))
		return false;
	for (size_t i = 0; i < count; i++) {
		if (strcmp(args[i], "--bench") == 0)
			return false;
	}
	is_test = read_file(file, MODULE_MAX, &bytes) &&
		  has_tests(bytes.data, bytes.len);
	ln_bytes_deinit(&bytes);
	return is_test;
}
