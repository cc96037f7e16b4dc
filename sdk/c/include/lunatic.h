/*
 * The guest library of lunatic for C: processes, messages, requests, tasks,
 * servers and supervisors on top of the host functions. docs/guest-c.md is its
 * tutorial, each header below documents one part.
 *
 *	#include <lunatic.h>
 *	#include <stdio.h>
 *
 *	static void greet(int64_t number)
 *	{
 *		printf("hello from process %lld\n", (long long)number);
 *	}
 *
 *	LUNATIC_MAIN(argc, argv)
 *	{
 *		for (int64_t i = 0; i < 3; i++)
 *			lunatic_spawn_value(NULL, NULL, greet, i);
 *		lunatic_sleep(100);
 *		return 0;
 *	}
 *
 * Build with lunatic-cc, run with lunatic. Rules that hold everywhere:
 *
 * - A process has a memory of its own. It starts with static data as the
 *   compiler laid it out; what another process wrote is not there. So pointers
 *   to functions and to static const data mean the same in all processes of a
 *   module, and pointers to anything else mean nothing outside their own.
 * - Functions return 0 or a negative status (lunatic/status.h). They trap only
 *   where their description says so.
 * - A timeout is in milliseconds; LUNATIC_FOREVER waits without one, and 0 is
 *   taken as 1, which is the shortest wait that the host knows.
 * - Handles (struct lunatic_proc and the like) are small values. Each counts
 *   against what the process may hold until it is dropped or sent away.
 */
#ifndef LUNATIC_H
#define LUNATIC_H

#include <lunatic/cluster.h>
#include <lunatic/drain.h>
#include <lunatic/environment.h>
#include <lunatic/events.h>
#include <lunatic/http.h>
#include <lunatic/log.h>
#include <lunatic/mailbox.h>
#include <lunatic/main.h>
#include <lunatic/metrics.h>
#include <lunatic/net.h>
#include <lunatic/plugin.h>
#include <lunatic/pool.h>
#include <lunatic/process.h>
#include <lunatic/reader.h>
#include <lunatic/registry.h>
#include <lunatic/request.h>
#include <lunatic/server.h>
#include <lunatic/settings.h>
#include <lunatic/status.h>
#include <lunatic/supervisor.h>
#include <lunatic/task.h>
#include <lunatic/test.h>
#include <lunatic/timer.h>
#include <lunatic/type.h>
#include <lunatic/upgrade.h>
#include <lunatic/websocket.h>
#include <lunatic/writer.h>

#endif
