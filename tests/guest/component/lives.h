/* Processes of components, started and watched. */
#ifndef COMPONENT_LIVES_H
#define COMPONENT_LIVES_H

#include <lunatic.h>

#include "../check.h"

static inline struct lunatic_proc start(uint64_t module)
{
	struct lunatic_proc process;

	CHECK_EQ(lunatic_process_spawn(0, module, "_start", 6, NULL, 0,
				       &process.id),
		 0);
	lunatic_proc_monitor(process);
	return process;
}

/* How the next one ends. */
static inline struct lunatic_end await(void)
{
	struct lunatic_reader mail;

	CHECK_EQ(lunatic_receive(&mail, LUNATIC_FOREVER), LUNATIC_ENDED);
	return lunatic_mail_end();
}

#endif
