/*
 * What actors may be told of the ends of others. Each link that one makes has
 * tags of its own, which say who made it, between whom, and on which line, so
 * that whoever is told can see whether that was right.
 */
#include <stdlib.h>

#include "simulation/world.h"

bool links_owner(const struct actor *self, const struct actor *other)
{
	if (world.config->both_sides)
		return true;
	return ((self->number ^ other->number) & 1) != 0
		       ? self->number < other->number
		       : self->number > other->number;
}

bool has_failed(const struct actor *actor)
{
	return !actor_alive(actor) &&
	       actor->process->outcome != LN_OUTCOME_NORMAL;
}

static int64_t make_tag(struct actor *told, struct actor *about, uint32_t line,
			bool own)
{
	if (world.tag_count == world.tag_capacity)
		world.tags = grow(world.tags, &world.tag_capacity,
				  sizeof(*world.tags));
	world.tags[world.tag_count++] = (struct tag){
		.told = told, .about = about, .line = line, .own = own
	};
	return world.tag_count;
}

void links_change(struct actor *self, struct acquaintance *known, bool link)
{
	struct actor *other = known->who;
	uint32_t line = line_of(self, other);
	int error;

	if (known->handle == NULL)
		return;
	if (!link) {
		note("actor % unlinks %", self->number, other->number, 0);
		known->tag = 0;
		known->peer_tag = 0;
		ln_process_unlink(self->process, known->handle);
		return;
	}
	known->tag = make_tag(self, other, line, true);
	known->peer_tag = make_tag(other, self, line, false);
	note("actor % links % with tag %", self->number, other->number,
	     (uint64_t)known->tag);
	error = ln_process_link(self->process, known->handle, known->tag,
				known->peer_tag);
	if (error < 0)
		violated("actor % could not link %: error %", self->number,
			 other->number, (uint64_t)error);
}

/* A line ends once, and so does a process: whoever did not make the link is
 * told once for each line. */
static void check_once(const struct tag *tag)
{
	for (uint32_t i = 0; i < world.tag_count; i++) {
		const struct tag *other = &world.tags[i];

		if (other != tag && other->seen && !other->own &&
		    other->told == tag->told && other->about == tag->about &&
		    other->line == tag->line)
			violated(
				"actor % was told of % with tags % and another",
				tag->told->number, tag->about->number, i + 1);
	}
}

/* There must have been something to tell. */
static void check_reason(const struct tag *tag, int64_t number)
{
	uint32_t line = line_of(tag->told, tag->about);

	if (has_failed(tag->about))
		return;
	if (tag->line == line && tag->line != 0)
		violated("actor % was told of %, which is well, with tag %",
			 tag->told->number, tag->about->number,
			 (uint64_t)number);
}

static void told_own(struct actor *self, const struct tag *tag, int64_t number)
{
	struct acquaintance *known = actor_known(self, tag->about);

	if (known->tag != number)
		violated("actor % was told of % with tag %, which is over",
			 self->number, tag->about->number, (uint64_t)number);
	known->tag = 0;
	known->peer_tag = 0;
}

static void told_others(struct actor *self, const struct tag *tag,
			int64_t number)
{
	struct acquaintance *theirs = actor_known(tag->about, self);
	uint32_t line = line_of(self, tag->about);

	check_once(tag);
	if (world.config->both_sides) {
		/* It was the last to change the link. */
		struct acquaintance *known = actor_known(self, tag->about);

		known->tag = 0;
		known->peer_tag = 0;
	} else if (theirs->peer_tag != number && tag->line == line) {
		violated("actor % was told of % with tag %, which it took back",
			 self->number, tag->about->number, (uint64_t)number);
	}
	if (tag->line == 0)
		violated("actor % was told of a link of % that it cannot know",
			 self->number, tag->about->number, 0);
}

void links_told(struct actor *self, int64_t number)
{
	struct tag *tag;

	if (number < 1 || number > world.tag_count)
		violated("actor % was told of a death with tag %", self->number,
			 (uint64_t)number, 0);
	tag = &world.tags[number - 1];
	note("actor % is told of % with tag %", self->number,
	     tag->about->number, (uint64_t)number);
	if (tag->told != self)
		violated("actor % was told with tag % of another", self->number,
			 (uint64_t)number, 0);
	if (tag->seen)
		violated("actor % was told twice with tag %", self->number,
			 (uint64_t)number, 0);
	tag->seen = true;
	check_reason(tag, number);
	if (tag->own)
		told_own(self, tag, number);
	else
		told_others(self, tag, number);
	world.seen.deaths++;
}
