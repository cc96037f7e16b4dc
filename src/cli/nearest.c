/*
 * DESIGN
 * The distance of two words is the number of letters to insert, delete, change,
 * or swap with their neighbour (optimal string alignment, three rows of the
 * table). At most a third of the letters may differ, and at most two. A prefix
 * of a word has distance one, for words such as `--max-mem`.
 */
#include "cli/nearest.h"

#include <string.h>

#define WORD_MAX 32  /* longer words are no typing errors */
#define PREFIX_MIN 4 /* letters that an abbreviation has */
#define DISTANCE_MAX 2

static size_t min(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Both of at most WORD_MAX bytes. */
static size_t distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
	size_t rows[3][WORD_MAX + 1];
	size_t *before = rows[0], *above = rows[1], *row = rows[2];

	for (size_t j = 0; j <= b_len; j++)
		above[j] = j;
	for (size_t i = 1; i <= a_len; i++) {
		size_t *next = before;

		row[0] = i;
		for (size_t j = 1; j <= b_len; j++) {
			row[j] = min(above[j], row[j - 1]) + 1;
			row[j] = min(row[j],
				     above[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1])
				row[j] = min(row[j], before[j - 2] + 1);
		}
		before = above;
		above = row;
		row = next;
	}
	return above[b_len];
}

void ln_nearest_begin(struct ln_nearest *nearest, const char *word)
{
	*nearest = (struct ln_nearest){
		.word = word,
		.len = strnlen(word, WORD_MAX + 1),
	};
	nearest->distance = min(DISTANCE_MAX, nearest->len / 3) + 1;
}

void ln_nearest_offer(struct ln_nearest *nearest, const char *name)
{
	size_t len = strlen(name);
	size_t apart;

	if (nearest->len > WORD_MAX || len > WORD_MAX)
		return;
	apart = distance(nearest->word, nearest->len, name, len);
	if (nearest->len >= PREFIX_MIN && nearest->len < len &&
	    memcmp(nearest->word, name, nearest->len) == 0)
		apart = min(apart, 1);
	if (apart > nearest->distance ||
	    (apart == nearest->distance && nearest->best == NULL))
		return;
	nearest->tied = apart == nearest->distance;
	nearest->best = name;
	nearest->distance = apart;
}

const char *ln_nearest_end(const struct ln_nearest *nearest)
{
	return nearest->tied ? NULL : nearest->best;
}
