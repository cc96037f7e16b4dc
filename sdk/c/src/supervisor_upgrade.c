/* What a supervisor keeps when it is upgraded: its children, which run on, and
 * when it has restarted any. */
#include <lunatic/reader.h>
#include <lunatic/status.h>
#include <lunatic/supervisor.h>
#include <lunatic/upgrade.h>
#include <lunatic/writer.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"
#include "supervised.h"

static void save_child(struct lunatic_writer *out, const struct running *child)
{
	lunatic_write_array(out, 6);
	lunatic_write_str(out,
			  child->spec->name != NULL ? child->spec->name : "");
	lunatic_write_int(out, (int64_t)child->proc.id);
	lunatic_write_int(out, child->monitor);
	lunatic_write_bool(out, child->added);
	lunatic_write_bool(out, child->gone);
	if (child->data != NULL)
		lunatic_write_bin(out, child->data, child->size);
	else
		lunatic_write_nil(out);
}

int lunatic_supervised_save(struct lunatic_writer *out)
{
	const struct supervisor *self = lunatic_supervised_one;

	if (self->what->name == NULL)
		return LUNATIC_EMISUSE;
	lunatic_write_int(out, LUNATIC_SAVED_SUPERVISOR);
	lunatic_write_str(out, self->what->name);
	lunatic_write_array(out, self->noted);
	for (uint32_t i = 0; i < self->noted; i++)
		lunatic_write_uint(out,
				   self->restarts[(self->next + self->allowed -
						   self->noted + i) %
						  self->allowed]);
	lunatic_write_array(out, self->count);
	for (uint32_t i = 0; i < self->count; i++) {
		/* One that the new version could not tell from others. */
		if (self->children[i].spec->name == NULL)
			return LUNATIC_EMISUSE;
		save_child(out, &self->children[i]);
	}
	return 0;
}

static const struct lunatic_child *
find_spec(const struct lunatic_upgrades *upgrades,
	  const struct lunatic_supervisor *what, const char *name)
{
	const struct lunatic_child *const *at = upgrades->children;

	for (uint32_t i = 0; i < what->count; i++) {
		if (what->children[i].name != NULL &&
		    strcmp(what->children[i].name, name) == 0)
			return &what->children[i];
	}
	for (; at != NULL && *at != NULL; at++) {
		if ((*at)->name != NULL && strcmp((*at)->name, name) == 0)
			return *at;
	}
	return NULL;
}

/* Reads a child and puts it where the new version has it. Whoever is in no
 * table any more is refused: it would run on, and nobody would watch it. */
static int load_child(struct supervisor *self,
		      const struct lunatic_upgrades *upgrades,
		      struct lunatic_reader *in)
{
	struct running child = { .spec = NULL };
	struct running *place;
	char *name;

	lunatic_read_tuple(in, 6);
	name = lunatic_read_str_new(in, SIZE_MAX - 1);
	child.proc.id = (uint64_t)lunatic_read_int(in);
	child.monitor = lunatic_read_int(in);
	child.added = lunatic_read_bool(in);
	child.gone = lunatic_read_bool(in);
	if (lunatic_read_some(in))
		child.data =
			lunatic_read_bin_new(in, SIZE_MAX - 1, &child.size);
	if (name != NULL)
		child.spec = find_spec(upgrades, self->what, name);
	place = child.spec != NULL ? lunatic_supervised_find(self, name) : NULL;
	if (child.spec != NULL && place == NULL) {
		place = lunatic_supervised_room(self);
		self->count += place != NULL;
	}
	free(name);
	if (place == NULL)
		return LUNATIC_ENOTFOUND;
	*place = child;
	return in->status;
}

static void load_restarts(struct supervisor *self, struct lunatic_reader *in)
{
	uint32_t count = lunatic_read_array(in);

	for (uint32_t i = 0; i < count && in->status == 0; i++) {
		uint64_t time = lunatic_read_uint(in);

		if (self->allowed == 0)
			continue;
		self->restarts[self->next] = time;
		self->next = (self->next + 1) % self->allowed;
		if (self->noted < self->allowed)
			self->noted++;
	}
}

int lunatic_supervisor_load(const struct lunatic_upgrades *upgrades,
			    struct lunatic_reader *in)
{
	const struct lunatic_supervisor *const *at = upgrades->supervisors;
	char *name = lunatic_read_str_new(in, SIZE_MAX - 1);
	uint32_t count;
	int status = in->status;

	while (name != NULL && at != NULL && *at != NULL &&
	       ((*at)->name == NULL || strcmp((*at)->name, name) != 0))
		at++;
	free(name);
	if (name == NULL || at == NULL || *at == NULL)
		return LUNATIC_ENOTFOUND;
	lunatic_supervised_one = lunatic_supervised_new(*at);
	load_restarts(lunatic_supervised_one, in);
	count = lunatic_read_array(in);
	for (uint32_t i = 0; i < count && status == 0; i++)
		status = load_child(lunatic_supervised_one, upgrades, in);
	return status != 0 ? status : in->status;
}
