/*
 * The tables of host functions as abigen holds them, and their reader. The host
 * functions are declared in several files, one for each generation of the ABI
 * and one for WASI; all of them are read into one table.
 *
 * The whole table is read and checked before anything is written. A mistake in
 * it is one line "file:line: text" on standard error and exit status 1. The
 * table lives until the program ends; nothing is freed.
 */
#ifndef LN_TOOLS_ABIGEN_TABLE_H
#define LN_TOOLS_ABIGEN_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#define MAX_ARGUMENTS 16
#define NAME_SIZE 64

enum kind_id {
	I32,
	I64,
	S32,
	S64,
	F32,
	F64,
	IN,
	OUT,
	ARRAY,
	FIXED_IN,
	FIXED_OUT,
	ADDR,
	KIND_COUNT,
};

/* How an argument kind looks on each side. */
struct kind {
	const char *word;
	bool sized;          /* followed by (N) */
	bool checked;        /* a pointer that the trampoline checks */
	const char *letters; /* wasm parameters, as in ln_host_function */
	const char *host;    /* C type in the implementation's prototype */
	const char *docs;    /* what stands behind the name in the docs */
};

extern const struct kind kinds[KIND_COUNT];

/* The word in the table and the constant in engine/host_table.h. The first is
 * for what every generation has. */
#define GENERATION_COUNT 3
extern const char *const generations[GENERATION_COUNT][2];

struct text {
	char **lines; /* without the indentation; "" between paragraphs */
	size_t count;
};

struct argument {
	char name[NAME_SIZE];
	enum kind_id kind;
	unsigned long size;   /* N of a sized kind */
	char type[NAME_SIZE]; /* the guest's C type, "" when not given */
	char *docs;
};

struct function {
	char name[NAME_SIZE];
	const char *path; /* not always that of its namespace */
	size_t line;
	struct argument arguments[MAX_ARGUMENTS];
	size_t count;
	bool has_result;
	enum kind_id result; /* I32, I64, S32, S64, F32 or F64 */
	char *result_docs;
	struct text docs, traps; /* traps: a line each */
	char *same; /* whose implementation it has, PREFIX_NAME; or NULL */
};

struct space {
	char name[NAME_SIZE];
	char prefix[NAME_SIZE]; /* of the host's C names */
	char guest[NAME_SIZE];  /* of the guest's C names */
	const char *path;
	size_t line;
	size_t generation; /* index into generations */
	bool faults;       /* a bad pointer gives `fault` */
	unsigned long fault;
	struct text docs;
	struct function *functions;
	size_t count;
};

struct section {
	char *title;
	const char *path;
	size_t line;
	size_t generation; /* whose documentation it is part of */
	struct text docs;
};

struct table {
	char *titles[GENERATION_COUNT]; /* of the documentation pages */
	struct section *sections;
	size_t section_count;
	struct space *namespaces;
	size_t namespace_count;
};

extern struct table table;

/* Ends the program with a line about the file that is read or checked; line 0:
 * about the call of the program. */
void fail(size_t line, const char *format, ...)
	__attribute__((format(printf, 2, 3), noreturn));

/* The array grown by one zeroed element. */
void *grow(void *array, size_t count, size_t size);

bool starts(const char *string, const char *with);

/* Adds what a file declares to the table. */
void read_table(const char *path);

/* Checks what only the whole table shows. */
void check_table(void);

#endif
