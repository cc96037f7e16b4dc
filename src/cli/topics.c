/*
 * DESIGN
 * `lunatic help TOPIC`: prints a part of docs/errors.md, which the build has
 * put into the program, as text for a terminal. It supports the Markdown of
 * that page: headings, paragraphs, tables and links. A row of a table becomes
 * its first cell, and below it the other cells, each after the heading of its
 * column.
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "cli/commands.h"
#include "cli/nearest.h"
#include "cli/topics_gen.h"

#define WIDTH 79
#define COLUMNS_MAX 4
#define CELL_INDENT 6

struct span {
	const char *text;
	size_t len;
};

/* What is printed: words, broken into lines. */
struct page {
	size_t column;
	size_t indent; /* of the lines to come */
	size_t count;  /* columns of the table; 0: none yet */
	struct span headings[COLUMNS_MAX];
};

static void end_line(struct page *page)
{
	if (page->column > 0)
		putchar('\n');
	page->column = 0;
}

static void print_word(struct page *page, const char *word, size_t len)
{
	if (len == 0)
		return;
	if (page->column > page->indent && page->column + 1 + len > WIDTH)
		end_line(page);
	if (page->column == 0) {
		printf("%*s", (int)page->indent, "");
		page->column = page->indent;
	} else if (page->column > page->indent) {
		putchar(' ');
		page->column++;
	}
	fwrite(word, 1, len, stdout);
	page->column += len;
}

/* Copies a word of Markdown up to the next blank, without the targets of links;
 * returns where it ends. */
static size_t take_word(const char *text, size_t len, size_t at, char *word,
			size_t room, size_t *taken)
{
	*taken = 0;
	while (at < len && text[at] != ' ' && text[at] != '\n') {
		if (text[at] == '[') {
			at++;
			continue;
		}
		if (text[at] == ']' && at + 1 < len && text[at + 1] == '(') {
			while (at < len && text[at] != ')')
				at++;
			at++;
			continue;
		}
		if (*taken < room)
			word[(*taken)++] = text[at];
		at++;
	}
	return at;
}

static void print_text(struct page *page, const char *text, size_t len)
{
	char word[WIDTH];
	size_t at = 0;

	while (at < len) {
		size_t taken;

		if (text[at] == ' ' || text[at] == '\n') {
			at++;
			continue;
		}
		at = take_word(text, len, at, word, sizeof(word), &taken);
		print_word(page, word, taken);
	}
}

/* Cuts `| a | b |` into its cells; returns how many there are. */
static size_t split_row(struct span line, struct span cells[COLUMNS_MAX])
{
	size_t count = 0;
	const char *at = line.text + 1;
	const char *end = line.text + line.len;

	while (at < end && count < COLUMNS_MAX) {
		const char *bar = memchr(at, '|', (size_t)(end - at));

		if (bar == NULL)
			break;
		cells[count++] = (struct span){ at, (size_t)(bar - at) };
		at = bar + 1;
	}
	return count;
}

static void print_row(struct page *page, struct span line)
{
	struct span cells[COLUMNS_MAX];
	size_t count = split_row(line, cells);

	if (page->count == 0) {
		page->count = count;
		memcpy(page->headings, cells, count * sizeof(cells[0]));
		return;
	}
	if (line.len > 1 && line.text[1] == '-')
		return;
	end_line(page);
	putchar('\n');
	if (count > 0)
		print_text(page, cells[0].text, cells[0].len);
	for (size_t i = 1; i < count && i < page->count; i++) {
		end_line(page);
		page->indent = CELL_INDENT;
		printf("  ");
		page->column = 2;
		page->indent = 2;
		print_text(page, page->headings[i].text, page->headings[i].len);
		putchar(':');
		page->column++;
		page->indent = CELL_INDENT;
		print_text(page, cells[i].text, cells[i].len);
	}
	end_line(page);
	page->indent = 0;
}

static void print_topic(const struct topic *topic)
{
	struct page page = { 0 };
	const char *at = topic->text;
	const char *end = at + topic->len;
	bool begun = false;
	bool apart = false; /* an empty line came before */

	while (at < end) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		struct span line = { at, 0 };

		line.len = (size_t)((newline != NULL ? newline : end) - at);
		at += line.len + 1;
		if (line.len == 0) {
			end_line(&page);
			page.count = 0;
			apart = begun;
			continue;
		}
		/* Rows of tables end their lines themselves. */
		if (apart && line.text[0] != '|')
			putchar('\n');
		apart = false;
		begun = true;
		if (line.text[0] == '|') {
			print_row(&page, line);
		} else if (line.len > 3 && memcmp(line.text, "## ", 3) == 0) {
			print_text(&page, line.text + 3, line.len - 3);
			end_line(&page);
		} else {
			print_text(&page, line.text, line.len);
		}
	}
	end_line(&page);
}

static void print_topics(void)
{
	printf("Topics; lunatic help TOPIC prints one:\n\n");
	for (size_t i = 0; i < TOPICS; i++)
		printf("  %-12s %s\n", topics[i].name, topics[i].title);
	printf("\nCommands and options: lunatic --help\n");
}

void ln_cli_print_topic_names(void)
{
	for (size_t i = 0; i < TOPICS; i++)
		printf(" %s", topics[i].name);
}

static int refuse(const char *word)
{
	struct ln_nearest nearest;
	const char *name;

	ln_nearest_begin(&nearest, word);
	for (size_t i = 0; i < TOPICS; i++)
		ln_nearest_offer(&nearest, topics[i].name);
	name = ln_nearest_end(&nearest);
	if (ln_cli_find_command(word) != NULL)
		ln_log_say("'%s' is a command; see lunatic --help", word);
	else if (name != NULL)
		ln_log_say("there is no topic '%s'; did you mean lunatic "
			   "help %s?",
			   word, name);
	else
		ln_log_say("there is no topic '%s'; lunatic help lists "
			   "all",
			   word);
	return 1;
}

int ln_cli_help(int argc, char **argv)
{
	if (argc > 3) {
		ln_log_say("help takes one topic; lunatic help "
			   "lists all");
		return 1;
	}
	if (argc < 3 || strcmp(argv[2], "--help") == 0 ||
	    strcmp(argv[2], "-h") == 0) {
		print_topics();
		return ln_cli_flush() ? 0 : 1;
	}
	for (size_t i = 0; i < TOPICS; i++) {
		if (strcmp(topics[i].name, argv[2]) != 0)
			continue;
		print_topic(&topics[i]);
		return ln_cli_flush() ? 0 : 1;
	}
	return refuse(argv[2]);
}
