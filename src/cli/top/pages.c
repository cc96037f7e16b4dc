/*
 * DESIGN
 * Each page is a function that adds lines. Those that list have one line for
 * each row, below one of headings. Numbers that are not told are "-". The first
 * 80 columns have all that is needed; wider terminals get more of the names.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/histogram.h"
#include "base/time.h"
#include "cli/control.h"
#include "cli/options.h"
#include "cli/top/top.h"

#define NUMBER 24 /* bytes of a number's text */

/* ---- Values ---- */

static json_int_t number(const json_t *object, const char *name)
{
	return json_integer_value(json_object_get(object, name));
}

static const char *text(const json_t *object, const char *name)
{
	const char *value = json_string_value(json_object_get(object, name));

	return value != NULL ? value : "-";
}

static const char *size(char buffer[NUMBER], json_int_t bytes)
{
	ln_ask_format_size(buffer, NUMBER, (uint64_t)(bytes > 0 ? bytes : 0));
	return buffer;
}

static const char *age(char buffer[NUMBER], json_int_t ms)
{
	ln_ask_format_time(buffer, NUMBER, (uint64_t)(ms > 0 ? ms : 0));
	return buffer;
}

/* A number of things in at most seven columns: 512, 1.5k, 64.0M. */
static const char *count(char buffer[NUMBER], double value)
{
	static const char units[] = "kMGTPE";
	int unit = -1;

	while (fabs(value) >= 10000 && units[unit + 1] != '\0') {
		value /= 1000;
		unit++;
	}
	if (unit < 0)
		snprintf(buffer, NUMBER, "%.0f", value);
	else
		snprintf(buffer, NUMBER, "%.1f%c", value, units[unit]);
	return buffer;
}

static const char *wait_text(char buffer[NUMBER], double seconds)
{
	if (seconds >= 1)
		snprintf(buffer, NUMBER, "%.3gs", seconds);
	else if (seconds >= 1e-3)
		snprintf(buffer, NUMBER, "%.3gms", seconds * 1e3);
	else if (seconds >= 1e-6)
		snprintf(buffer, NUMBER, "%.3gus", seconds * 1e6);
	else
		snprintf(buffer, NUMBER, "%.3gns", seconds * 1e9);
	return buffer;
}

static void format_value(char buffer[NUMBER], const json_t *value, bool bytes)
{
	if (!json_is_integer(value))
		snprintf(buffer, NUMBER, "-");
	else if (bytes)
		size(buffer, json_integer_value(value));
	else
		count(buffer, (double)json_integer_value(value));
}

/* "used/limit", either of which may be unknown: "-". */
static const char *limit(char buffer[2 * NUMBER], const json_t *object,
			 const char *used, const json_t *of, const char *bound,
			 bool bytes)
{
	char left[NUMBER];
	char right[NUMBER];

	format_value(left, json_object_get(object, used), bytes);
	format_value(right, json_object_get(of, bound), bytes);
	snprintf(buffer, (size_t)2 * NUMBER, "%s/%s", left, right);
	return buffer;
}

static const char *share(char buffer[2 * NUMBER], const json_t *object,
			 const char *used, const char *bound, bool bytes)
{
	return limit(buffer, object, used, object, bound, bytes);
}

/* ---- The head ---- */

/* What a counter of all workers has grown by since the last look; `from` and
 * `to` bound the time, us. */
static double growth(const struct ln_top *top, const char *name)
{
	json_int_t now = number(json_object_get(top->observed, "all"), name);
	json_int_t before =
		number(json_object_get(top->observed_before, "all"), name);

	return now > before ? (double)(now - before) : 0;
}

/* Microseconds between the last two looks; since the start after the first. */
static double passed(const struct ln_top *top)
{
	json_int_t now = number(top->observed, "age_us");
	json_int_t before = number(top->observed_before, "age_us");

	return now > before ? (double)(now - before) : 1;
}

static void read_buckets(struct ln_histogram *histogram, const json_t *waits)
{
	size_t i;
	json_t *pair;

	ln_histogram_init(histogram);
	json_array_foreach(json_object_get(waits, "buckets"), i, pair)
	{
		json_int_t bucket = json_integer_value(json_array_get(pair, 0));
		json_int_t values = json_integer_value(json_array_get(pair, 1));

		if (bucket >= 0 && bucket < LN_HISTOGRAM_BUCKETS - 1 &&
		    values > 0)
			ln_histogram_record_many(
				histogram,
				ln_histogram_limit((size_t)bucket) *
					(1 - 1.0 / 32),
				(uint64_t)values);
	}
}

/* "1.2us/80us": the percentiles 50 and 99 of waits since the last look. */
static void format_waits(char buffer[2 * NUMBER], const struct ln_top *top,
			 const char *name)
{
	static struct ln_histogram now;
	static struct ln_histogram before;
	struct ln_histogram_summary summary;
	char p50[NUMBER];
	char p99[NUMBER];

	read_buckets(&now, json_object_get(top->observed, name));
	read_buckets(&before, json_object_get(top->observed_before, name));
	ln_histogram_subtract(&now, &before);
	ln_histogram_sum_up(&now, &summary);
	if (summary.count == 0)
		snprintf(buffer, (size_t)2 * NUMBER, "-/-");
	else
		snprintf(buffer, (size_t)2 * NUMBER, "%s/%s",
			 wait_text(p50, summary.p50),
			 wait_text(p99, summary.p99));
}

static void head_program(const struct ln_top *top, struct ln_top_text *out)
{
	const json_t *node = json_object_get(top->program, "node");
	char up[NUMBER];
	double cores = growth(top, "awake_us") / passed(top);

	ln_top_add(
		out, LN_TOP_STRONG,
		"lunatic top  %.24s (%lld)%s%.16s  up %s  cores %.2f of %zu  "
		"every %.1fs",
		text(top->program, "program"),
		(long long)number(top->program, "pid"),
		json_is_string(node) ? " node " : "",
		json_is_string(node) ? json_string_value(node) : "",
		age(up, number(top->observed, "age_us") / 1000), cores,
		json_array_size(json_object_get(top->observed, "workers")),
		(double)top->interval / 1000);
}

void ln_top_head(const struct ln_top *top, struct ln_top_text *out)
{
	const json_t *ended = json_object_get(top->observed, "ended");
	const json_t *nodes = json_object_get(top->observed, "nodes");
	char runs[2 * NUMBER];
	char messages[2 * NUMBER];
	char rate[NUMBER];
	char memory[NUMBER];
	double seconds = passed(top) / 1e6;

	head_program(top, out);
	format_waits(runs, top, "run_wait_seconds");
	format_waits(messages, top, "message_wait_seconds");
	ln_top_add(
		out, LN_TOP_PLAIN,
		"processes %lld  started %lld  failed %lld  killed %lld  "
		"memory %s%s",
		(long long)number(top->observed, "alive"),
		(long long)number(top->observed, "started"),
		(long long)(number(ended, "exited") + number(ended, "trapped")),
		(long long)number(ended, "killed"),
		size(memory, number(top->observed, "resident_bytes")),
		json_is_null(nodes) ? "" : "  nodes");
	if (json_is_integer(nodes)) {
		struct ln_top_line *line = &out->lines[out->count - 1];
		struct ln_top_text with = { .count = 0 };

		ln_top_add(&with, LN_TOP_PLAIN, "%s %lld", line->text,
			   (long long)json_integer_value(nodes) + 1);
		if (with.count == 1) {
			char *swap = line->text;

			line->text = with.lines[0].text;
			with.lines[0].text = swap;
		}
		ln_top_clear(&with);
	}
	ln_top_add(out, LN_TOP_PLAIN,
		   "msg/s %s  dropped %.0f  run-queue wait p50/p99 %s  "
		   "msg wait %s",
		   count(rate, growth(top, "messages") / seconds),
		   growth(top, "dropped"), runs, messages);
}

/* ---- Processes ---- */

static const char *const sort_names[] = {
	[LN_TOP_CPU] = "cpu",           [LN_TOP_MEMORY] = "memory",
	[LN_TOP_MAILBOX] = "mailbox",   [LN_TOP_GROWTH] = "growth",
	[LN_TOP_MESSAGES] = "messages",
};

const char *ln_top_sort_name(enum ln_top_sort sort)
{
	return sort_names[sort];
}

static void add_process(const struct ln_top *top, const json_t *row,
			int columns, struct ln_top_text *out)
{
	const json_t *window = json_object_get(row, "window");
	double us = (double)number(top->round, "window_us");
	char cpu[NUMBER];
	char messages[NUMBER];
	char mailbox[NUMBER];
	char memory[NUMBER];
	char more[NUMBER];
	char name[LN_TOP_CELL];
	json_int_t moved = number(window, "received") + number(window, "sent");

	if (us < 1)
		us = 1;
	if (top->absolute) {
		age(cpu, number(row, "cpu_ms"));
		count(messages,
		      (double)(number(row, "received") + number(row, "sent")));
	} else {
		snprintf(cpu, sizeof(cpu), "%.1f",
			 (double)number(window, "cpu_us") / us * 100);
		count(messages, (double)moved / us * 1e6);
	}
	ln_top_add(out, LN_TOP_PLAIN, "%8lld %-8s %6s %7s %7s %7s %7s %4lld %s",
		   (long long)number(row, "number"), text(row, "state"), cpu,
		   messages, count(mailbox, (double)number(row, "messages")),
		   count(more, (double)number(window, "growth")),
		   size(memory, number(row, "memory_bytes")),
		   (long long)number(row, "environment"),
		   ln_top_cell(name, text(row, "name"),
			       columns > 64 ? columns - 64 : 16));
}

static void processes(const struct ln_top *top, int columns,
		      struct ln_top_text *out)
{
	size_t i;
	json_t *row;

	ln_top_add(out, LN_TOP_HEADING, "%8s %-8s %6s %7s %7s %7s %7s %4s %s",
		   "PROCESS", "STATE", top->absolute ? "CPU" : "CPU%",
		   top->absolute ? "MESSAGE" : "MSG/S", "MAILBOX", "GROWTH",
		   "MEMORY", "ENV", "NAME");
	json_array_foreach(top->rows, i, row)
		add_process(top, row, columns, out);
}

/* ---- One process ---- */

static void add_relations(const json_t *process, const char *name,
			  const char *label, struct ln_top_text *out)
{
	const json_t *list = json_object_get(process, name);
	size_t i;
	json_t *other;

	json_array_foreach(list, i, other)
	{
		const json_t *known = json_object_get(other, "number");
		char who[LN_TOP_CELL];

		if (json_is_integer(known))
			snprintf(who, sizeof(who), "%lld %s",
				 (long long)json_integer_value(known),
				 text(other, "name"));
		else
			snprintf(who, sizeof(who), "%s of another node",
				 text(other, "id"));
		ln_top_add(out, LN_TOP_PLAIN, "%-14s %s  tag %lld",
			   i == 0 ? label : "", who,
			   (long long)number(other, "tag"));
	}
}

static void add_messages(const json_t *process, const char *name,
			 const char *label, struct ln_top_text *out)
{
	size_t i;
	json_t *message;

	json_array_foreach(json_object_get(process, name), i, message)
		ln_top_add(out, LN_TOP_PLAIN, "%-14s tag %lld  %lld bytes%s",
			   i == 0 ? label : "",
			   (long long)number(message, "tag"),
			   (long long)number(message, "bytes"),
			   json_is_true(json_object_get(message, "signal"))
				   ? "  (the end of a process)"
				   : "");
}

static void add_functions(const json_t *process, struct ln_top_text *out)
{
	size_t i;
	json_t *function;

	if (!json_is_true(json_object_get(process, "answered"))) {
		ln_top_add(out, LN_TOP_PLAIN, "%-14s %s", "where",
			   "not known: it has not answered");
		return;
	}
	ln_top_add(out, LN_TOP_PLAIN, "%-14s %s", "host function",
		   text(process, "host_function"));
	json_array_foreach(json_object_get(process, "functions"), i, function)
		ln_top_add(out, LN_TOP_PLAIN, "%-14s %s",
			   i == 0 ? "functions" : "",
			   json_is_string(function)
				   ? json_string_value(function)
				   : "?");
}

static void add_use(const json_t *process, struct ln_top_text *out)
{
	const json_t *in = json_object_get(process, "in");
	char a[2 * NUMBER];
	char b[2 * NUMBER];
	char c[2 * NUMBER];
	char d[2 * NUMBER];

	ln_top_add(out, LN_TOP_PLAIN,
		   "%-14s %lld  processes %s  memory %s  descriptors %s",
		   "environment", (long long)number(in, "number"),
		   share(a, in, "processes", "max_processes", false),
		   share(b, in, "total_memory", "max_total_memory", true),
		   share(c, in, "descriptors", "max_descriptors", false));
	ln_top_add(out, LN_TOP_PLAIN,
		   "%-14s memory %s  messages %s  mailbox %s  links %s",
		   "its limits",
		   limit(a, process, "memory_bytes", in, "max_memory", true),
		   limit(b, process, "messages", in, "max_messages", false),
		   limit(c, process, "message_bytes", in, "max_mailbox", true),
		   limit(d, process, "links", in, "max_links", false));
	if (json_is_integer(json_object_get(in, "max_fuel")))
		ln_top_add(out, LN_TOP_PLAIN, "%-14s %s", "fuel",
			   limit(a, process, "fuel", in, "max_fuel", false));
}

static void add_held(const json_t *process, struct ln_top_text *out)
{
	json_t *held = json_object_get(process, "holds");
	const char *noun;
	json_t *value;
	const char *label = "holds";

	json_object_foreach(held, noun, value)
	{
		ln_top_add(out, LN_TOP_PLAIN, "%-14s %lld %s", label,
			   (long long)json_integer_value(value), noun);
		label = "";
	}
}

static void add_numbers(const struct ln_top *top, const json_t *process,
			struct ln_top_text *out)
{
	char a[NUMBER];
	char b[NUMBER];
	json_int_t quiet =
		(ln_time_now() - top->quiet) / (json_int_t)LN_NS_PER_MS;

	ln_top_add(out, LN_TOP_PLAIN, "%-14s %s  quiet for %s, as seen here",
		   "state", text(process, "state"), age(a, quiet));
	ln_top_add(out, LN_TOP_PLAIN,
		   "%-14s %s  processor time %s, %lld slices", "age",
		   age(a, number(process, "age_ms")),
		   age(b, number(process, "cpu_ms")),
		   (long long)number(process, "slices"));
	ln_top_add(out, LN_TOP_PLAIN,
		   "%-14s %lld (%s), received %lld, sent %lld, dropped %lld",
		   "mailbox", (long long)number(process, "messages"),
		   size(a, number(process, "message_bytes")),
		   (long long)number(process, "received"),
		   (long long)number(process, "sent"),
		   (long long)number(process, "dropped"));
	ln_top_add(out, LN_TOP_PLAIN, "%-14s %s, %s with all that is kept",
		   "memory", size(a, number(process, "memory_bytes")),
		   json_is_integer(json_object_get(process, "kept_bytes"))
			   ? size(b, number(process, "kept_bytes"))
			   : "not known");
}

/* The id of who spawned it. */
static const char *parent(const json_t *process)
{
	const char *id = text(process, "parent");

	/* Zeros are nobody's. */
	return strspn(id, "0-") == strlen(id) ? "none" : id;
}

static void process_page(const struct ln_top *top, struct ln_top_text *out)
{
	const json_t *process = top->list;
	size_t i;
	json_t *name;

	if (process == NULL) {
		ln_top_add(out, LN_TOP_WRONG, "process %llu has ended",
			   (unsigned long long)top->subject);
		return;
	}
	ln_top_add(out, LN_TOP_HEADING, "process %lld  %s",
		   (long long)number(process, "number"), text(process, "name"));
	if (top->gone)
		ln_top_add(out, LN_TOP_WRONG, "it has ended; it was so before");
	add_numbers(top, process, out);
	ln_top_add(out, LN_TOP_PLAIN, "%-14s %s", "entry",
		   text(process, "entry"));
	ln_top_add(out, LN_TOP_PLAIN, "%-14s %s", "id", text(process, "id"));
	ln_top_add(out, LN_TOP_PLAIN, "%-14s %s", "parent", parent(process));
	json_array_foreach(json_object_get(process, "names"), i, name)
		ln_top_add(out, LN_TOP_PLAIN, "%-14s %s %s",
			   i == 0 ? "names" : "", text(name, "name"),
			   text(name, "version"));
	add_functions(process, out);
	add_use(process, out);
	ln_top_add(out, LN_TOP_PLAIN,
		   "%-14s %lld, monitors %lld, watched by %lld", "links",
		   (long long)number(process, "links"),
		   (long long)number(process, "monitors"),
		   (long long)number(process, "watchers"));
	add_relations(process, "linked", "linked to", out);
	add_relations(process, "watches", "watches", out);
	add_messages(process, "newest_messages", "last messages", out);
	add_held(process, out);
}

/* ---- Other lists ---- */

static void environments(const struct ln_top *top, struct ln_top_text *out)
{
	size_t i;
	json_t *row;

	ln_top_add(out, LN_TOP_HEADING, "%6s %6s %15s %13s %15s %15s", "ENV",
		   "BELOW", "PROCESSES", "ENVIRONMENTS", "MEMORY",
		   "DESCRIPTORS");
	json_array_foreach(top->list, i, row)
	{
		const json_t *above =
			json_array_get(json_object_get(row, "above"), 0);
		char below[NUMBER] = "-";
		char a[2 * NUMBER];
		char b[2 * NUMBER];
		char c[2 * NUMBER];
		char d[2 * NUMBER];

		if (json_is_integer(above))
			snprintf(below, sizeof(below), "%lld",
				 (long long)json_integer_value(above));
		ln_top_add(
			out, LN_TOP_PLAIN, "%6lld %6s %15s %13s %15s %15s",
			(long long)number(row, "number"), below,
			share(a, row, "processes", "max_processes", false),
			share(b, row, "environments", "max_environments",
			      false),
			share(c, row, "total_memory", "max_total_memory", true),
			share(d, row, "descriptors", "max_descriptors", false));
	}
}

static void nodes(const struct ln_top *top, struct ln_top_text *out)
{
	size_t i;
	json_t *row;

	ln_top_add(out, LN_TOP_HEADING, "%-24s %-28s %6s %8s %8s", "NODE",
		   "ADDRESS", "FOR", "RECEIVED", "SENT");
	json_array_foreach(top->list, i, row)
	{
		char name[LN_TOP_CELL];
		char address[LN_TOP_CELL];
		char a[NUMBER] = "-";
		char b[NUMBER] = "-";
		char c[NUMBER] = "-";

		if (!json_is_true(json_object_get(row, "own"))) {
			age(a, number(row, "age_ms"));
			size(b, number(row, "received_bytes"));
			size(c, number(row, "sent_bytes"));
		}
		ln_top_add(out, LN_TOP_PLAIN, "%s %s %6s %8s %8s",
			   ln_top_cell(name, text(row, "name"), 24),
			   ln_top_cell(address, text(row, "address"), 28), a, b,
			   c);
	}
}

static void sockets(const struct ln_top *top, struct ln_top_text *out)
{
	size_t i;
	json_t *row;

	ln_top_add(out, LN_TOP_HEADING, "%-3s %-11s %8s %8s %-22s %s", "",
		   "STATE", "TO READ", "TO SEND", "LOCAL", "PEER");
	json_array_foreach(top->list, i, row)
	{
		char local[LN_TOP_CELL];
		char a[NUMBER];
		char b[NUMBER];

		ln_top_add(out, LN_TOP_PLAIN, "%-3s %-11s %8s %8s %s %s",
			   text(row, "kind"), text(row, "state"),
			   size(a, number(row, "to_read_bytes")),
			   size(b, number(row, "to_send_bytes")),
			   ln_top_cell(local, text(row, "local"), 22),
			   text(row, "peer"));
	}
}

/* How it ended, in one text. */
static void format_end(char buffer[LN_TOP_CELL], const json_t *death)
{
	const char *outcome = text(death, "outcome");
	const json_t *reason = json_object_get(death, "reason");

	if (strcmp(outcome, "exited") == 0)
		snprintf(buffer, LN_TOP_CELL, "exited with status %lld",
			 (long long)number(death, "exit_code"));
	else if (json_is_string(reason))
		snprintf(buffer, LN_TOP_CELL, "%s: %s", outcome,
			 json_string_value(reason));
	else
		snprintf(buffer, LN_TOP_CELL, "%s", outcome);
}

/* What people know it by. */
static const char *death_name(const json_t *death)
{
	return json_is_string(json_object_get(death, "name"))
		       ? text(death, "name")
		       : text(death, "entry");
}

static void deaths(const struct ln_top *top, int columns,
		   struct ln_top_text *out)
{
	size_t i;
	json_t *row;

	ln_top_add(out, LN_TOP_HEADING, "%8s %6s %6s %4s %-18s %s", "PROCESS",
		   "AGO", "LIVED", "ENV", "NAME", "END");
	json_array_foreach(top->list, i, row)
	{
		char name[LN_TOP_CELL];
		char how[LN_TOP_CELL];
		char cell[LN_TOP_CELL];
		char a[NUMBER];
		char b[NUMBER];

		format_end(how, row);
		ln_top_add(out, LN_TOP_PLAIN, "%8lld %6s %6s %4lld %s %s",
			   (long long)number(row, "number"),
			   age(a, number(row, "ago_ms")),
			   age(b, number(row, "age_ms")),
			   (long long)number(row, "environment"),
			   ln_top_cell(name, death_name(row), 18),
			   ln_top_cell(cell, how,
				       columns > 48 ? columns - 48 : 30));
	}
}

static void death_page(const struct ln_top *top, struct ln_top_text *out)
{
	size_t i;
	json_t *row;

	json_array_foreach(top->list, i, row)
	{
		char how[LN_TOP_CELL];
		char a[NUMBER];
		char b[NUMBER];

		if ((uint64_t)number(row, "serial") != top->subject)
			continue;
		format_end(how, row);
		ln_top_add(out, LN_TOP_HEADING, "process %lld  %s",
			   (long long)number(row, "number"), death_name(row));
		ln_top_add(out, LN_TOP_WRONG, "%s", how);
		ln_top_add(out, LN_TOP_PLAIN,
			   "ended %s ago, lived %s, environment %lld",
			   age(a, number(row, "ago_ms")),
			   age(b, number(row, "age_ms")),
			   (long long)number(row, "environment"));
		ln_top_add(out, LN_TOP_PLAIN, "entry %s", text(row, "entry"));
		ln_top_add(out, LN_TOP_PLAIN, "id %s", text(row, "id"));
		ln_top_add(out, LN_TOP_PLAIN, "parent %s", parent(row));
	}
	if (top->trace != NULL)
		ln_top_add_lines(out, LN_TOP_PLAIN, top->trace);
}

static void help(struct ln_top_text *out)
{
	static const char lines[] =
		"p  processes         c  sort by cpu          Enter  open\n"
		"e  environments      m  by memory            Esc    back\n"
		"n  nodes             b  by mailbox           q      end\n"
		"s  sockets           g  by its growth        x      kill\n"
		"d  deaths            r  by messages          /      find\n"
		"?  this page         w  window or in all     f      filter\n"
		"arrows, PgUp, PgDn, Home, End: move          + -    interval\n"
		"space: look now\n"
		"\n"
		"CPU% is of one core. MSG/S are messages received and sent. "
		"GROWTH is what the\n"
		"mailbox has grown by in the window. Cores and waits are those "
		"of the window;\n"
		"waits, and the processor time of what switches often, are "
		"sampled.\n"
		"f shows only processes with a text in their name or label; an "
		"empty one: all.\n"
		"/ goes to the next row that has the text.\n"
		"Deaths: the last 1,000 that did not end normally, and of "
		"those that did at\n"
		"most one a millisecond.\n";

	ln_top_add(out, LN_TOP_HEADING, "Keys");
	ln_top_add_lines(out, LN_TOP_PLAIN, lines);
}

/* ---- All of them ---- */

void ln_top_body(const struct ln_top *top, int columns, struct ln_top_text *out)
{
	switch (top->page) {
	case LN_TOP_PROCESSES:
		processes(top, columns, out);
		return;
	case LN_TOP_PROCESS:
		process_page(top, out);
		return;
	case LN_TOP_ENVIRONMENTS:
		environments(top, out);
		return;
	case LN_TOP_NODES:
		nodes(top, out);
		return;
	case LN_TOP_SOCKETS:
		sockets(top, out);
		return;
	case LN_TOP_DEATHS:
		deaths(top, columns, out);
		return;
	case LN_TOP_DEATH:
		death_page(top, out);
		return;
	default:
		help(out);
	}
}

const char *ln_top_keys(enum ln_top_page page)
{
	switch (page) {
	case LN_TOP_PROCESSES:
		return "? help  Enter open  c m b g r sort  w window  / find  "
		       "f filter  x kill  q end";
	case LN_TOP_DEATHS:
		return "? help  Enter open  / find  p e n s d pages  q end";
	case LN_TOP_PROCESS:
		return "? help  Esc back  x kill  q end";
	case LN_TOP_DEATH:
	case LN_TOP_HELP:
		return "Esc back  q end";
	default:
		return "? help  / find  p e n s d pages  q end";
	}
}

bool ln_top_lists(enum ln_top_page page)
{
	return page != LN_TOP_PROCESS && page != LN_TOP_DEATH &&
	       page != LN_TOP_HELP;
}
