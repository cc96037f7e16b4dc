/*
 * DESIGN
 * A module has an object in each environment that it was added to, perhaps
 * several. All of those with the same bytes are one module for people, who name
 * it by its bytes (SHA-256) or by the name that one of them was given. So names
 * are turned into digests first, and then all modules with these are collected.
 *
 * Each of them has a new version of its own, so that a process that is to
 * change back is known to have come from it. These share their code.
 *
 * Threads: the caller's; it may park.
 */
#include "process/upgrade_plan.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "engine/refusal.h"
#include "process/add_module.h"
#include "process/change_instance.h"
#include "process/environment.h"

/* Fewer digits of a digest name nothing. */
#define DIGITS_MIN 8

struct found {
	struct ln_module **list; /* counted */
	size_t count;
	size_t room;
};

static void release_found(struct found *found)
{
	for (size_t i = 0; i < found->count; i++)
		ln_module_release(found->list[i]);
	free(found->list);
}

/* Takes the reference over, also on failure. */
static int add_found(struct found *found, struct ln_module *module)
{
	if (found->count == found->room) {
		size_t room = found->room * 2 + 16;
		void *list =
			realloc(found->list, room * sizeof(struct ln_module *));

		if (list == NULL) {
			ln_module_release(module);
			return LN_ENOMEM;
		}
		found->list = list;
		found->room = room;
	}
	found->list[found->count++] = module;
	return 0;
}

static bool is_below(const struct ln_environment *environment,
		     const struct ln_environment *top)
{
	while (environment != NULL && environment != top && top != NULL)
		environment = environment->parent;
	return environment != NULL;
}

/* Collects all modules. */
static int collect(const struct ln_upgrade_which *which, struct found *all)
{
	struct ln_module *at = ln_module_next(which->runtime, NULL);

	while (at != NULL) {
		int error = add_found(all, at);

		if (error < 0)
			return error;
		at = ln_module_next(which->runtime, at);
	}
	return 0;
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* Whether the text is the beginning of a digest. */
static bool begins(const char *text, const uint8_t digest[LN_DIGEST_SIZE])
{
	size_t len = strlen(text);

	if (len < DIGITS_MIN || len > (size_t)2 * LN_DIGEST_SIZE)
		return false;
	for (size_t i = 0; i < len; i++) {
		int half =
			i % 2 == 0 ? digest[i / 2] >> 4 : digest[i / 2] & 0xf;

		if (digit(text[i]) != half)
			return false;
	}
	return true;
}

/* Whether it is one of those that are named. */
static int is_named(const struct ln_upgrade_which *which,
		    struct ln_module *module)
{
	uint8_t digest[LN_DIGEST_SIZE], wanted[LN_DIGEST_SIZE];
	char name[LN_MODULE_NAME];
	struct ln_module *current;
	int error = ln_module_digest(module, digest);
	bool same;

	if (error < 0)
		return error;
	if (which->text == NULL) {
		current = ln_module_successor(which->module);
		error = ln_module_digest(which->module, wanted);
		same = memcmp(digest, wanted, sizeof(wanted)) == 0;
		if (error == 0 && !same && current != NULL) {
			error = ln_module_digest(current, wanted);
			same = memcmp(digest, wanted, sizeof(wanted)) == 0;
		}
		if (current != NULL)
			ln_module_release(current);
		return error < 0 ? error : same;
	}
	ln_module_name(module, name);
	return (name[0] != '\0' && strcmp(name, which->text) == 0) ||
	       begins(which->text, digest);
}

/* Whether a module has the bytes of one that is named. */
static int is_meant(const struct ln_upgrade_which *which,
		    const struct found *named, struct ln_module *module)
{
	uint8_t digest[LN_DIGEST_SIZE], other[LN_DIGEST_SIZE];
	int error = ln_module_digest(module, digest);

	if (error < 0 || !is_below(module->environment, which->below))
		return error;
	for (size_t i = 0; i < named->count; i++) {
		error = ln_module_digest(named->list[i], other);
		if (error < 0)
			return error;
		if (memcmp(digest, other, sizeof(other)) == 0)
			return 1;
	}
	return 0;
}

/* Collects the modules that are meant. */
static int find(const struct ln_upgrade_which *which, struct found *meant)
{
	struct found all = { 0 };
	struct found named = { 0 };
	int error = collect(which, &all);

	for (size_t i = 0; i < all.count && error >= 0; i++) {
		struct ln_module *module = all.list[i];

		/* Who may not see it may not name it. */
		error = is_below(module->environment, which->below)
				? is_named(which, module)
				: 0;
		/* One of each digest is enough. */
		if (error > 0)
			error = is_meant(which, &named, module) == 0
					? add_found(&named,
						    ln_module_retain(module))
					: 0;
	}
	for (size_t i = 0; i < all.count && error >= 0; i++) {
		error = is_meant(which, &named, all.list[i]);
		if (error > 0)
			error = add_found(meant, ln_module_retain(all.list[i]));
	}
	release_found(&all);
	release_found(&named);
	return error < 0 ? error : 0;
}

/* The new version in the environment of `from`. */
static int new_version(struct ln_module *from, const uint8_t *bytes, size_t len,
		       const struct ln_upgrade_plan *plan,
		       struct ln_module **out, char **error)
{
	char name[LN_MODULE_NAME];
	int result;

	/* Its code is there after the first time. */
	if (plan->count > 0)
		result = ln_environment_adopt_module(
			from->environment, plan->pairs[0].to, out, error);
	else
		result = ln_environment_add_module(from->environment, bytes,
						   len, out, error);
	if (result < 0)
		return result;
	ln_module_name(from, name);
	ln_module_set_name(*out, name);
	return 0;
}

static int check_exports(const struct ln_module *from,
			 const struct ln_module *to, char **error)
{
	const char *lacks = ln_change_lacks_load(to);

	if (lacks != NULL)
		return ln_refuse(error, LN_EINVAL,
				 "the new version exports no function %s; see "
				 "docs/upgrade.md",
				 lacks);
	lacks = ln_change_lacks_save(from);
	if (lacks != NULL)
		return ln_refuse(
			error, LN_EINVAL,
			"the version that runs exports no function %s, so "
			"its processes cannot be upgraded; see "
			"docs/upgrade.md",
			lacks);
	return 0;
}

/* Takes over the reference to `to`. */
static int add_pair(struct ln_upgrade_plan *plan, struct ln_module *from,
		    struct ln_module *to)
{
	if (plan->count == plan->room) {
		size_t room = plan->room * 2 + 4;
		void *pairs =
			realloc(plan->pairs, room * sizeof(plan->pairs[0]));

		if (pairs == NULL) {
			ln_module_release(to);
			return LN_ENOMEM;
		}
		plan->pairs = pairs;
		plan->room = room;
	}
	plan->pairs[plan->count++] = (struct ln_upgrade_pair){
		.from = ln_module_retain(from),
		.to = to,
		.was = ln_module_successor(from),
	};
	return 0;
}

static int plan_one(struct ln_module *from, const uint8_t *bytes, size_t len,
		    struct ln_upgrade_plan *plan, char **error)
{
	uint8_t digest[LN_DIGEST_SIZE];
	struct ln_module *to;
	int result = new_version(from, bytes, len, plan, &to, error);

	if (result < 0)
		return result;
	result = ln_module_digest(to, plan->to);
	if (result == 0)
		result = ln_module_digest(from, digest);
	if (result == 0 && memcmp(digest, plan->to, sizeof(digest)) != 0)
		result = check_exports(from, to, error);
	else if (result == 0)
		result = 1;
	if (result != 0) {
		ln_module_release(to);
		return result < 0 ? result : 0;
	}
	memcpy(plan->from, digest, sizeof(digest));
	return add_pair(plan, from, to);
}

int ln_upgrade_plan_make(const struct ln_upgrade_which *which,
			 const uint8_t *bytes, size_t len,
			 struct ln_upgrade_plan *plan, char **error)
{
	struct found meant = { 0 };
	int result;

	*plan = (struct ln_upgrade_plan){ 0 };
	*error = NULL;
	result = find(which, &meant);
	if (result == 0 && meant.count == 0)
		result = ln_refuse(error, LN_ENOENT, "there is no module '%s'",
				   which->text != NULL ? which->text : "");
	for (size_t i = 0; i < meant.count && result == 0; i++)
		result = plan_one(meant.list[i], bytes, len, plan, error);
	if (result == 0 && plan->count == 0)
		result = ln_refuse(error, LN_EINVAL,
				   "that is the version that runs already");
	release_found(&meant);
	if (result < 0)
		ln_upgrade_plan_deinit(plan);
	return result;
}

void ln_upgrade_plan_deinit(struct ln_upgrade_plan *plan)
{
	for (size_t i = 0; i < plan->count; i++) {
		ln_module_release(plan->pairs[i].from);
		ln_module_release(plan->pairs[i].to);
		if (plan->pairs[i].was != NULL)
			ln_module_release(plan->pairs[i].was);
	}
	free(plan->pairs);
	*plan = (struct ln_upgrade_plan){ 0 };
}

struct ln_module *ln_upgrade_plan_find(const struct ln_upgrade_plan *plan,
				       const struct ln_module *module,
				       bool back)
{
	for (size_t i = 0; i < plan->count; i++) {
		const struct ln_upgrade_pair *pair = &plan->pairs[i];

		if (back && pair->to == module)
			return pair->from;
		if (!back && pair->from == module)
			return pair->to;
	}
	return NULL;
}

void ln_upgrade_plan_replace(const struct ln_upgrade_plan *plan, bool back)
{
	for (size_t i = 0; i < plan->count; i++) {
		const struct ln_upgrade_pair *pair = &plan->pairs[i];

		if (!back)
			ln_module_replace(pair->from, pair->to);
		else
			ln_module_replace(pair->to, pair->from);
		if (back && pair->was != NULL)
			ln_module_replace(pair->from, pair->was);
	}
}
