/*
 * Static probes: places where bpftrace, perf, gdb and SystemTap can look into a
 * running program. A probe that nobody looks at is one instruction that does
 * nothing, and a note in the program (section .note.stapsdt) that says where it
 * is and where its arguments are. Builds without <sys/sdt.h> have none.
 * docs/report.md lists them.
 *
 * Processes and tasks are addresses: they name one while it lives. No argument
 * may have an effect, or cost more than reading what the code has at hand.
 */
#ifndef LN_BASE_PROBE_H
#define LN_BASE_PROBE_H

#ifndef LN_PROBES
#define LN_PROBES 0
#endif

#if LN_PROBES
#include <sys/sdt.h>
#else
#define DTRACE_PROBE2(provider, name, a, b) ((void)(a), (void)(b))
#define DTRACE_PROBE3(provider, name, a, b, c) ((void)(a), (void)(b), (void)(c))
#define DTRACE_PROBE4(provider, name, a, b, c, d) \
	((void)(a), (void)(b), (void)(c), (void)(d))
#endif

/* A process begins: its id, the number of its environment, its task. */
#define LN_PROBE_SPAWN(process, id, environment, task) \
	DTRACE_PROBE4(lunatic, spawn, process, id, environment, task)

/* A worker, by its number, goes on with a task. */
#define LN_PROBE_SWITCH(worker, task) \
	DTRACE_PROBE2(lunatic, switch, worker, task)

/* A message, of `size` bytes, is about to be put into a mailbox. */
#define LN_PROBE_SEND(process, tag, size) \
	DTRACE_PROBE3(lunatic, send, process, tag, size)

/* A process has taken a message out of its mailbox. */
#define LN_PROBE_RECEIVE(process, tag, size) \
	DTRACE_PROBE3(lunatic, receive, process, tag, size)

/* A process has trapped: its id, and why, as a string. */
#define LN_PROBE_TRAP(process, id, reason) \
	DTRACE_PROBE3(lunatic, trap, process, id, reason)

#endif
