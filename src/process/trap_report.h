/* Why processes have failed, told to whoever wants to know. */
#ifndef LN_PROCESS_TRAP_REPORT_H
#define LN_PROCESS_TRAP_REPORT_H

struct ln_process;
struct ln_report;
struct ln_runtime;

/* Tells why a process failed, and takes the report over: on_trap, if there is
 * one, and the process's console, if it has one of its own, before it returns;
 * if neither was told, standard error, some time after it. By the process, on
 * its fiber, which parks meanwhile, or in any thread that is no worker. NULL
 * (memory was short) is fine. */
void ln_runtime_report(struct ln_runtime *runtime, struct ln_process *process,
		       struct ln_report *report);

#endif
