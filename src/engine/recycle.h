/*
 * Instances that are used again: when a process ends, its instance is made as
 * new and kept for the next process of the module, which gets it in a fraction
 * of the time that making one takes. Nobody can tell the difference; what is
 * not known to be as new is dropped.
 */
#ifndef LN_ENGINE_RECYCLE_H
#define LN_ENGINE_RECYCLE_H

#include <stdbool.h>
#include <stdint.h>

struct ln_compiled;
struct ln_image;
struct ln_instance;
struct ln_recycler;
struct ln_spares;

/* What a module needs for that. NULL: its instances cannot be used again, or
 * memory is short. Not on a fiber. */
struct ln_recycler *ln_recycler_new(struct ln_spares *spares,
				    const struct ln_compiled *module);

/* Frees it, with the instances that wait. Before the module's code and its
 * linked form; NULL is fine. Not on a fiber. */
void ln_recycler_free(struct ln_recycler *recycler);

/* What the memories of a new instance of the module hold; NULL: that is not
 * known, or there is no recycler (NULL). Once known it stays as long as the
 * module. Any thread. */
const struct ln_image *ln_recycler_image(const struct ln_recycler *recycler);

/* Begins an instance, whose tables are charged for, with one that waits. False:
 * there is none, or that failed, and it is to be made. On its fiber. */
bool ln_recycle_begin(struct ln_instance *instance, uint32_t elements);

/* Before an instance is made: lets it begin with the content that those of its
 * module have (instance->image), if that is known. Again when it gets another
 * module. */
void ln_recycle_prepare(struct ln_instance *instance);

/* Before much data is copied for an instance: waits while that is done for
 * another one, from which it is then known. 1: the copying is this one's turn,
 * until ln_recycle_leave; 0: there is no turn to wait for, or no longer, and
 * ln_recycle_prepare was called again. LN_EKILLED, LN_ENOMEM. On its fiber. */
int ln_recycle_enter(struct ln_instance *instance);
void ln_recycle_leave(const struct ln_compiled *module);

/* Completes one that was instantiated so. False: memory is short. */
bool ln_recycle_fill(struct ln_instance *instance);

/* Looks at a new instance before its first call, if nobody has seen what those
 * of its module are like. Not on a fiber. */
void ln_recycle_look(struct ln_instance *instance);

/* Ends an instance by keeping it: true, and nothing of it is left to drop.
 * False: it is to be closed; that is counted. On its fiber. */
bool ln_recycle_end(struct ln_instance *instance);

#endif
