/* What people may know a process by. */
#include "process/label.h"

#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "process/environment.h"
#include "process/process.h"
#include "process/registry.h"

/* Copies what fits, without the part of a character, and without zeros. */
static void copy_label(char label[LN_LABEL_SIZE], const char *text, size_t len)
{
	if (len > LN_LABEL_SIZE - 1) {
		len = LN_LABEL_SIZE - 1;
		while (len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80)
			len--;
	}
	for (size_t i = 0; i < len; i++)
		label[i] = text[i] != '\0' ? text[i] : '?';
	label[len] = '\0';
}

int ln_process_set_label(struct ln_process *self, const char *text, size_t len)
{
	struct ln_extra *extra = ln_extra_of(self);

	if (extra == NULL)
		return LN_ENOMEM;
	ln_process_lock(self);
	copy_label(extra->label, text, len);
	ln_process_unlock(self);
	return 0;
}

bool ln_process_known_as(struct ln_process *process, char name[LN_LABEL_SIZE])
{
	size_t len;

	name[0] = '\0';
	if (ln_registry_name(process, name, LN_LABEL_SIZE - 1, &len)) {
		name[len < LN_LABEL_SIZE - 1 ? len : LN_LABEL_SIZE - 1] = '\0';
		for (size_t i = 0; i < len && i < LN_LABEL_SIZE - 1; i++)
			name[i] = name[i] != '\0' ? name[i] : '?';
	} else {
		ln_process_lock(process);
		if (process->extra != NULL)
			memcpy(name, process->extra->label, LN_LABEL_SIZE);
		ln_process_unlock(process);
	}
	return name[0] != '\0';
}

void ln_process_who_named(const struct ln_process *process, const char *name,
			  struct ln_who *who)
{
	ln_uuid_format(process->id, who->id);
	ln_text_copy(who->name, sizeof(who->name), name, strlen(name));
	who->environment = process->environment->number;
	who->time = ln_log_now();
}

void ln_process_who(struct ln_process *process, struct ln_who *who)
{
	char name[LN_LABEL_SIZE];

	(void)ln_process_known_as(process, name);
	ln_process_who_named(process, name, who);
}

struct ln_log_about ln_who_about(const struct ln_who *who)
{
	return (struct ln_log_about){ .process = who->id,
				      .name = who->name,
				      .environment = who->environment,
				      .time = who->time };
}
