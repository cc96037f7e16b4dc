/* The phases of making a module that take turns. */
#ifndef LN_ENGINE_PHASES_H
#define LN_ENGINE_PHASES_H

/* What tasks do in turns, round robin over tenants (sched/fair_queue.h), so
 * that one which adds many modules does not keep others from adding one. */
enum ln_code_phase {
	LN_CODE_LOOK,    /* reading a small one: two at a time, of the pool's
			  * threads */
	LN_CODE_READ,    /* reading a large one, which may take a second: one */
	LN_CODE_PLUGINS, /* running plugins: one, which may take seconds */
	LN_CODE_COMPILE, /* small modules, in this process: one, since the
			  * compiler uses all cores */
	LN_CODE_APART,   /* others, in processes of their own, and plugins: two,
			  * so that a tenant with a bad one does not stop the
			  * rest */
};
#define LN_CODE_PHASES 5

#endif
