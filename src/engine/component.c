/*
 * A walk over the sections of a component, and into the components in it.
 *
 * Threads: any; works on the caller's bytes only.
 * Guarantees: reads inside [bytes, bytes + len), for any content, in time
 * linear in the number of sections and in what is done for a module.
 */
#include "engine/component.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "engine/binary.h"
#include "engine/cursor.h"
#include "engine/names.h"
#include "engine/scan.h"
#include "engine/tables.h"
#include "engine/weight.h"

/* Sections, of which the others are told apart by the compiler. */
enum section { MODULE = 1, COMPONENT = 4, INSTANCE = 5, SECTION_COUNT = 13 };

/* What is inlined when it is compiled: an instance of a component makes those
 * in it, so their numbers multiply. So few come to some thousands at most. */
#define FEW_COMPONENTS 4
#define FEW_INSTANCES 32

struct walk {
	int (*visit)(void *argument, struct ln_cursor module);
	void *argument;
	uint64_t modules;
	uint64_t components; /* within it */
	uint64_t instances;  /* that are made, in all */
	/* Why it fails. */
	const char *why;
	size_t where; /* byte */
	const uint8_t *start;
};

bool ln_component_is(const uint8_t *bytes, size_t len)
{
	static const uint8_t magic[] = { 0, 'a', 's', 'm' };

	return len >= LN_BINARY_HEADER &&
	       memcmp(bytes, magic, sizeof(magic)) == 0 && bytes[6] == 1 &&
	       bytes[7] == 0;
}

static int stop(struct walk *walk, int error, const char *why,
		const uint8_t *at)
{
	walk->why = why;
	walk->where = (size_t)(at - walk->start);
	return error;
}

static int walk_sections(struct walk *walk, struct ln_cursor cursor,
			 unsigned depth);

static int take_section(struct walk *walk, uint8_t id, struct ln_cursor section,
			unsigned depth)
{
	struct ln_cursor content = section;
	uint64_t count;

	switch (id) {
	case MODULE:
		if (++walk->modules > LN_COMPONENT_MAX_MODULES)
			return stop(walk, LN_ELIMIT, "it has too many modules",
				    section.at);
		return walk->visit(walk->argument, section);
	case COMPONENT:
		walk->components++;
		if (depth == LN_COMPONENT_MAX_DEPTH)
			return stop(walk, LN_ELIMIT,
				    "its components are too deep in each other",
				    section.at);
		if (!ln_component_is(section.at, ln_cursor_len(section)))
			return stop(walk, LN_EFORMAT,
				    "a component in it has no valid header",
				    section.at);
		return walk_sections(walk, section, depth + 1);
	case INSTANCE:
		if (ln_cursor_number(&content, 32, &count))
			walk->instances += count;
		return 0;
	default:
		return 0;
	}
}

static int walk_sections(struct walk *walk, struct ln_cursor cursor,
			 unsigned depth)
{
	(void)ln_cursor_skip(&cursor, LN_BINARY_HEADER);
	while (cursor.at < cursor.end) {
		const uint8_t *at = cursor.at;
		struct ln_cursor section;
		uint64_t size;
		uint8_t id = *cursor.at++;
		int error;

		if (id >= SECTION_COUNT)
			return stop(walk, LN_EFORMAT,
				    "it has a section that is not known", at);
		if (!ln_cursor_number(&cursor, 32, &size) ||
		    !ln_cursor_part(&cursor, size, &section))
			return stop(walk, LN_EFORMAT,
				    "it ends within a section", at);
		error = take_section(walk, id, section, depth);
		if (error < 0)
			return error;
	}
	return 0;
}

static int walk_all(struct walk *walk, const uint8_t *bytes, size_t len)
{
	const struct ln_cursor cursor = { .at = bytes, .end = bytes + len };

	walk->start = bytes;
	return walk_sections(walk, cursor, 0);
}

int ln_component_each(const uint8_t *bytes, size_t len,
		      int (*visit)(void *argument, struct ln_cursor module),
		      void *argument)
{
	struct walk walk = { .visit = visit, .argument = argument };

	return walk_all(&walk, bytes, len);
}

/* ---- What it has ---- */

struct scanning {
	struct ln_scan *scan;
	char *problem;
	size_t size;
};

static int scan_one(void *argument, struct ln_cursor module)
{
	const struct scanning *scanning = argument;
	struct ln_scan *sum = scanning->scan;
	struct ln_scan scan;
	char problem[192];
	int error = ln_scan_module(module.at, ln_cursor_len(module), &scan,
				   problem, sizeof(problem));

	if (error < 0) {
		snprintf(scanning->problem, scanning->size,
			 "a component of which a core module is %s", problem);
		return error;
	}
	/* No sum overflows: each is at most what the bytes can say. */
	sum->data += scan.data;
	sum->imports += scan.imports;
	sum->functions += scan.functions;
	sum->exports += scan.exports;
	sum->growing_tables += scan.growing_tables;
	sum->has_start |= scan.has_start;
	return 0;
}

int ln_component_scan(const uint8_t *bytes, size_t len, struct ln_scan *scan,
		      char *problem, size_t size)
{
	struct scanning scanning = { scan, problem, size };
	struct walk walk = { .visit = scan_one, .argument = &scanning };
	int error;

	memset(scan, 0, sizeof(*scan));
	scan->exported_memory = UINT32_MAX;
	scan->component = true;
	error = walk_all(&walk, bytes, len);
	if (error < 0 && walk.why != NULL)
		snprintf(problem, size,
			 "a component that cannot be read: %s, at byte %zu",
			 walk.why, walk.where);
	if (error == 0 && scan->functions > LN_SCAN_MAX_FUNCTIONS) {
		snprintf(problem, size,
			 "a component that is too large: its modules have %llu "
			 "functions, at most %u are allowed",
			 (unsigned long long)scan->functions,
			 LN_SCAN_MAX_FUNCTIONS);
		error = LN_ELIMIT;
	}
	return error;
}

int ln_component_count(const struct ln_component_needs *needs,
		       struct ln_scan *scan, char *problem, size_t size)
{
	const struct {
		uint64_t count;
		uint64_t bound;
		const char *what;
	} bounds[] = {
		{ needs->core_instances, LN_COMPONENT_MAX_CORE_INSTANCES,
		  "instances of core modules" },
		{ needs->instances, LN_COMPONENT_MAX_INSTANCES,
		  "instances of components" },
		{ needs->memories, LN_COMPONENT_MAX_MEMORIES, "memories" },
		{ needs->tables, LN_COMPONENT_MAX_TABLES, "tables" },
	};

	if (!needs->known) {
		snprintf(problem, size,
			 "a component that imports modules or components: "
			 "compose it with what it imports first");
		return LN_EINVAL;
	}
	for (size_t i = 0; i < sizeof(bounds) / sizeof(bounds[0]); i++) {
		if (bounds[i].count <= bounds[i].bound)
			continue;
		snprintf(problem, size,
			 "a component that is too large: it makes %llu %s, at "
			 "most %llu are allowed",
			 (unsigned long long)bounds[i].count, bounds[i].what,
			 (unsigned long long)bounds[i].bound);
		return LN_ELIMIT;
	}
	scan->memories = needs->memories;
	scan->initial_memory = needs->initial_memory;
	scan->largest_table = needs->initial_table;
	scan->initial_elements = needs->tables * needs->initial_table;
	if (scan->growing_tables > 0)
		scan->growing_tables = needs->tables;
	return 0;
}

/* ---- What compiling it takes ---- */

static int weigh_one(void *argument, struct ln_cursor module)
{
	struct ln_weight *sum = argument;
	struct ln_weight weight;
	int error = ln_weight_module(module.at, ln_cursor_len(module), &weight);

	if (error < 0)
		return error;
	sum->total += weight.total;
	sum->allowed += weight.allowed;
	return 0;
}

int ln_component_weigh(const uint8_t *bytes, size_t len,
		       struct ln_weight *weight)
{
	struct walk walk = { .visit = weigh_one, .argument = weight };
	int error;

	*weight = (struct ln_weight){ 0 };
	error = walk_all(&walk, bytes, len);
	/* Types and trampolines are compiled as well, also where there is no
	 * module. */
	weight->total += len / 64;
	weight->allowed += len / 64;
	if (walk.components > FEW_COMPONENTS ||
	    walk.instances > FEW_INSTANCES) {
		weight->total += LN_WEIGHT_SMALL + 1;
		weight->allowed = 0;
	}
	return error == LN_ENOMEM ? error : 0;
}

/* ---- Tables ---- */

/* Bytes of modules that are looked through. */
#define LOOKED_MAX ((size_t)8 << 20)

struct looking {
	size_t bytes;
	bool change;
};

static int look_at_one(void *argument, struct ln_cursor module)
{
	struct looking *looking = argument;
	size_t len = ln_cursor_len(module);

	looking->bytes += len;
	if (!looking->change)
		looking->change = looking->bytes > LOOKED_MAX ||
				  ln_tables_change(module.at, len);
	return 0;
}

bool ln_component_tables_change(const uint8_t *bytes, size_t len)
{
	struct looking looking = { 0 };
	struct walk walk = { .visit = look_at_one, .argument = &looking };

	return walk_all(&walk, bytes, len) < 0 || looking.change;
}

/* ---- Names ---- */

struct hiding {
	const uint8_t *bytes;
	size_t len;
	uint8_t *copy;
};

static int hide_one(void *argument, struct ln_cursor module)
{
	struct hiding *hiding = argument;
	uint8_t *copy;
	int error = ln_names_hide(module.at, ln_cursor_len(module), &copy);

	if (error < 0 || copy == NULL)
		return error;
	if (hiding->copy == NULL) {
		hiding->copy = malloc(hiding->len);
		if (hiding->copy == NULL) {
			free(copy);
			return LN_ENOMEM;
		}
		memcpy(hiding->copy, hiding->bytes, hiding->len);
	}
	memcpy(hiding->copy + (module.at - hiding->bytes), copy,
	       ln_cursor_len(module));
	free(copy);
	return 0;
}

int ln_component_hide_names(const uint8_t *bytes, size_t len, uint8_t **copy)
{
	struct hiding hiding = { .bytes = bytes, .len = len };
	struct walk walk = { .visit = hide_one, .argument = &hiding };
	int error = walk_all(&walk, bytes, len);

	*copy = NULL;
	if (error == LN_ENOMEM) {
		free(hiding.copy);
		return error;
	}
	*copy = hiding.copy;
	return 0;
}
