/*
 * How a process changes to another version of its module (process/change.h):
 * what the versions export for that, and the change of its instance.
 */
#ifndef LN_PROCESS_CHANGE_INSTANCE_H
#define LN_PROCESS_CHANGE_INSTANCE_H

#include <stdint.h>

struct ln_guest;
struct ln_module;

/* Bytes that a process may give to its new instance. */
#define LN_CHANGE_MAX_BYTES ((uint64_t)64 << 20)

/* What modules export for it; lunatic_save of the old one, others of the new
 * one. NULL: `module` has all that a new one needs; else the name of what it
 * lacks, and its type. */
#define LN_CHANGE_SAVE "lunatic_save"
#define LN_CHANGE_VERSION "lunatic_version"
#define LN_CHANGE_ALLOC "lunatic_alloc"
#define LN_CHANGE_LOAD "lunatic_load"
#define LN_CHANGE_RESUME "lunatic_resume"
const char *ln_change_lacks_load(const struct ln_module *module);
const char *ln_change_lacks_save(const struct ln_module *module);

/* What lunatic_save returns beside an address and a length. */
#define LN_CHANGE_SAVE_REFUSED (-1)
#define LN_CHANGE_SAVE_LATER (-2)

/* By a process that is about to receive and is asked: does what it is asked. 0:
 * it is to receive. LN_EKILLED: its stack is to be left, since it has been
 * killed or guest->next takes over. */
int ln_change_meet(struct ln_guest *guest);

/* By a process whose stack has been left for guest->next: makes that the
 * instance, drops the other one, and stores the module that was before, for the
 * caller to release. */
void ln_change_commit(struct ln_guest *guest, struct ln_module **before);

/* By a process whose stack has been left while guest->next was there, but that
 * is to end. */
void ln_change_drop_next(struct ln_guest *guest);

#endif
