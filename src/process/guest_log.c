/*
 * DESIGN
 * A line is copied here; the thread that writes the log makes it what it is to
 * look like. Who wrote it is taken down first, since the process may end.
 *
 * An environment's source is made with its first line, those of the ones above
 * before. Whoever is first stores it.
 */
#include "process/guest_log.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/compiler.h"
#include "base/error.h"
#include "base/log.h"
#include "base/log_source.h"
#include "base/log_writer.h"
#include "base/text.h"
#include "process/config.h"
#include "process/environment.h"
#include "process/label.h"
#include "process/process.h"

struct line {
	struct ln_log_item item;
	struct ln_who who;
	enum ln_log_level level;
	size_t len;
	char text[];
};

static char *render(struct ln_log_item *item, size_t *len)
{
	struct line *line = ln_container_of(item, struct line, item);
	struct ln_log_about about = ln_who_about(&line->who);
	size_t clean = ln_text_clean(line->text, line->len, false);

	about.guest = true;
	return ln_log_line(line->level, &about, line->text, clean, len);
}

static void free_line(struct ln_log_item *item)
{
	free(ln_container_of(item, struct line, item));
}

/* The source of an environment, whose parent has one, or NULL. */
static struct ln_log_source *make_source(struct ln_environment *environment,
					 struct ln_log_source *above)
{
	struct ln_log_source *source = ln_environment_log(environment);
	struct ln_log_source *made;

	if (source != NULL)
		return source;
	made = ln_log_source_open(above, environment->number);
	/* Release pairs with ln_environment_log. */
	if (made == NULL || atomic_compare_exchange_strong_explicit(
				    &environment->log, &source, made,
				    memory_order_acq_rel, memory_order_acquire))
		return made;
	ln_log_source_close(made);
	return source;
}

/* The same, from the top down: environments are nested to a small depth. */
static struct ln_log_source *source_of(struct ln_environment *environment)
{
	struct ln_log_source *above = NULL;

	if (ln_environment_log(environment) != NULL)
		return ln_environment_log(environment);
	if (environment->parent != NULL) {
		above = source_of(environment->parent);
		if (above == NULL)
			return NULL;
	}
	return make_source(environment, above);
}

/* Under lunatic test, it goes where reports of traps do. */
static void write_to_console(struct ln_process *process,
			     enum ln_log_level level, const char *text,
			     size_t len)
{
	struct ln_log_about about;
	struct ln_who who;
	size_t line_len = 0;
	char *line = NULL;
	char *copy = strndup(text, len);

	if (copy != NULL) {
		ln_process_who(process, &who);
		about = ln_who_about(&who);
		about.guest = true;
		len = ln_text_clean(copy, strlen(copy), false);
		line = ln_log_line(level, &about, copy, len, &line_len);
	}
	/* Its file is full: what follows is not kept. */
	if (line != NULL &&
	    write(process->environment->console->reports, line, line_len) < 0)
		line_len = 0;
	free(line);
	free(copy);
}

int ln_guest_log(struct ln_process *process, enum ln_log_level level,
		 const char *text, size_t len)
{
	struct ln_log_source *source;
	struct line *line;
	size_t size;

	if (!ln_log_enabled(level))
		return 0;
	if (len > LN_GUEST_LOG_MAX)
		len = LN_GUEST_LOG_MAX;
	if (process->environment->console != NULL) {
		write_to_console(process, level, text, len);
		return 0;
	}
	size = LN_LOG_LINE_BYTES + sizeof(*line) + len;
	source = source_of(process->environment);
	if (source == NULL)
		return LN_ENOMEM;
	if (!ln_log_admits_guest(source, size))
		return 0;
	line = malloc(sizeof(*line) + len);
	if (line == NULL) {
		ln_log_drop_guest(source, size);
		return LN_ENOMEM;
	}
	line->item = (struct ln_log_item){ .size = size,
					   .kind = LN_LOG_LINE,
					   .render = render,
					   .free = free_line };
	line->level = level;
	line->len = len;
	memcpy(line->text, text, len);
	ln_process_who(process, &line->who);
	ln_log_push_guest(source, &line->item);
	return 0;
}
