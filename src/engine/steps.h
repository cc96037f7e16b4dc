/* The steps of making a module that take turns. */
#ifndef LN_ENGINE_STEPS_H
#define LN_ENGINE_STEPS_H

/* What tasks do in turns, round robin over parties (sched/turns.h), so that a
 * party which adds many modules does not keep others from adding one. */
enum ln_code_step {
	LN_CODE_LOOK,    /* reading it: two at a time, of the pool's threads */
	LN_CODE_PLUGINS, /* running plugins: one, which may take seconds */
	LN_CODE_COMPILE, /* one: the compiler uses all cores, and its memory is
			  * bounded for one */
};
#define LN_CODE_STEPS 3

#endif
