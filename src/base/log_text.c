/* Texts as items of the log's queue. */
#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "base/log_writer.h"

struct text_item {
	struct ln_log_item item;
	char *text;
	size_t len;
};

static char *render_text(struct ln_log_item *item, size_t *len)
{
	struct text_item *own = ln_container_of(item, struct text_item, item);
	char *text = own->text;

	own->text = NULL;
	*len = own->len;
	return text;
}

static void free_text(struct ln_log_item *item)
{
	struct text_item *own = ln_container_of(item, struct text_item, item);

	free(own->text);
	free(own);
}

void ln_log_writer_push_text(struct ln_log_writer *writer, const char *text,
			     size_t len)
{
	struct text_item *own = malloc(sizeof(*own));
	char *copy = malloc(len > 0 ? len : 1);

	if (own == NULL || copy == NULL) {
		free(own);
		free(copy);
		ln_log_writer_leave_out(writer);
		return;
	}
	memcpy(copy, text, len);
	own->text = copy;
	own->len = len;
	own->item = (struct ln_log_item){ .size = sizeof(*own) + len,
					  .kind = LN_LOG_LINE,
					  .render = render_text,
					  .free = free_text };
	ln_log_writer_push(writer, &own->item);
}
