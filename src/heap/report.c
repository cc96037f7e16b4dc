/*
 * Telling of a heap profile: a text for people, and lines for the tools that
 * draw flame graphs.
 *
 * Threads: any, while the profile does not change.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "heap/profile_impl.h"

#define SHOWN 20 /* places in the text */

static uint64_t at_peak(const struct ln_heap_profile *profile,
			const struct ln_heap_place *place)
{
	return place->round == profile->round ? place->at_peak : place->live;
}

static uint64_t measure_of(const struct ln_heap_profile *profile,
			   const struct ln_heap_place *place,
			   enum ln_heap_measure measure)
{
	return measure == LN_HEAP_PEAK ? at_peak(profile, place) : place->live;
}

/* Outermost first, as the tools want it. */
static void print_stack(FILE *file, const struct ln_heap_profile *profile,
			const struct ln_heap_place *place)
{
	if (place->depth == 0)
		fputs("unknown", file);
	for (uint32_t i = place->depth; i > 0; i--)
		fprintf(file, "%s%s", i < place->depth ? ";" : "",
			ln_heap_function_name(profile, place->frames[i - 1]));
}

char *ln_heap_profile_folded(const struct ln_heap_profile *profile,
			     enum ln_heap_measure measure, size_t *len)
{
	char *text = NULL;
	FILE *file = open_memstream(&text, len);

	if (file == NULL)
		return NULL;
	for (uint32_t i = 0; i <= profile->place_count; i++) {
		const struct ln_heap_place *place = &profile->places[i];
		uint64_t bytes = measure_of(profile, place, measure);

		if (bytes == 0)
			continue;
		print_stack(file, profile, place);
		fprintf(file, " %llu\n", (unsigned long long)bytes);
	}
	return fclose(file) == 0 ? text : NULL;
}

struct entry {
	const struct ln_heap_place *place;
	uint64_t peak;
};

static int heavier(const void *a, const void *b)
{
	const struct entry *left = a, *right = b;

	if (left->peak != right->peak)
		return left->peak > right->peak ? -1 : 1;
	if (left->place->total != right->place->total)
		return left->place->total > right->place->total ? -1 : 1;
	return 0;
}

static void print_places(FILE *file, const struct ln_heap_profile *profile,
			 const struct entry *entries, size_t count)
{
	fprintf(file, "\n%14s %14s %14s %10s  %s\n", "bytes at peak",
		"bytes at end", "bytes in all", "blocks", "innermost first");
	for (size_t i = 0; i < count && i < SHOWN; i++) {
		const struct ln_heap_place *place = entries[i].place;

		fprintf(file, "%14llu %14llu %14llu %10llu  ",
			(unsigned long long)entries[i].peak,
			(unsigned long long)place->live,
			(unsigned long long)place->total,
			(unsigned long long)place->total_blocks);
		for (uint32_t k = 0; k < place->depth; k++)
			fprintf(file, "%s%s", k > 0 ? " < " : "",
				ln_heap_function_name(profile,
						      place->frames[k]));
		fputs(place->depth == 0 ? "unknown\n" : "\n", file);
	}
	if (count > SHOWN)
		fprintf(file, "%14s and %zu places more\n", "", count - SHOWN);
}

char *ln_heap_profile_text(const struct ln_heap_profile *profile,
			   const char *title, size_t *len)
{
	struct entry *entries =
		calloc((size_t)profile->place_count + 1, sizeof(*entries));
	uint64_t live_blocks = 0;
	char *text = NULL;
	size_t count = 0;
	FILE *file;

	if (entries == NULL)
		return NULL;
	file = open_memstream(&text, len);
	if (file == NULL) {
		free(entries);
		return NULL;
	}
	for (uint32_t i = 0; i <= profile->place_count; i++) {
		const struct ln_heap_place *place = &profile->places[i];

		live_blocks += place->live_blocks;
		if (place->total_blocks > 0)
			entries[count++] =
				(struct entry){ place,
						at_peak(profile, place) };
	}
	qsort(entries, count, sizeof(*entries), heavier);
	fprintf(file, "Heap of process %s\n\n", title);
	fprintf(file, "allocated    %llu bytes in %llu blocks\n",
		(unsigned long long)profile->total,
		(unsigned long long)profile->total_blocks);
	fprintf(file, "at the peak  %llu bytes\n",
		(unsigned long long)profile->peak);
	fprintf(file, "never freed  %llu bytes in %llu blocks\n",
		(unsigned long long)profile->live,
		(unsigned long long)live_blocks);
	if (profile->lost > 0)
		fprintf(file, "not counted  %llu blocks, too many at a time\n",
			(unsigned long long)profile->lost);
	print_places(file, profile, entries, count);
	free(entries);
	return fclose(file) == 0 ? text : NULL;
}

static int write_file(const char *directory, const char *name,
		      const char *ending, char *text, size_t len)
{
	int result = LN_ENOMEM;
	FILE *file = NULL;
	char *path;

	if (text == NULL)
		return LN_ENOMEM;
	if (asprintf(&path, "%s/%s%s", directory, name, ending) >= 0) {
		file = fopen(path, "we");
		result = LN_EIO;
		free(path);
	}
	if (file != NULL) {
		result = fwrite(text, 1, len, file) == len ? 0 : LN_EIO;
		if (fclose(file) != 0)
			result = LN_EIO;
	}
	free(text);
	return result;
}

int ln_heap_profile_write(const struct ln_heap_profile *profile,
			  const char *directory, const char *name)
{
	size_t len = 0;
	char *text;
	int error;

	if (mkdir(directory, 0777) < 0 && errno != EEXIST)
		return LN_EIO;
	text = ln_heap_profile_text(profile, name, &len);
	error = write_file(directory, name, ".txt", text, len);
	if (error < 0)
		return error;
	text = ln_heap_profile_folded(profile, LN_HEAP_PEAK, &len);
	error = write_file(directory, name, ".peak.folded", text, len);
	if (error < 0)
		return error;
	text = ln_heap_profile_folded(profile, LN_HEAP_END, &len);
	return write_file(directory, name, ".end.folded", text, len);
}
