/*
 * DESIGN
 * A finder belongs to the discovery and to its thread; the last one frees it. A
 * thread that waits for an answer cannot be stopped, so ln_discover_stop takes
 * the fabric away from the finder, under its lock, and the thread sees that
 * when it has its answer. The fabric is told under that lock.
 */
#include "cluster/discover.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/refs.h"
#include "base/time.h"
#include "cluster/find_dns.h"
#include "cluster/find_file.h"
#include "cluster/found.h"
#include "net/address.h"

/* Changes that are read at once, at most this often. */
#define SETTLE_MS 100

struct finder {
	_Atomic uint32_t references;
	unsigned number;
	uint16_t port; /* this node's own */
	char *text;
	char *path; /* of a file, in `text`; NULL: DNS */
	struct ln_find_dns dns;
	int stop;  /* an eventfd */
	int watch; /* of inotify; -1: none */

	/* The thread's. */
	struct ln_found found;
	char *complaint; /* that was logged last; NULL: none */
	bool told;       /* that addresses were left out */
	const char *list[LN_FOUND_MAX];
	char events[4096]; /* of inotify */

	pthread_mutex_t lock;
	struct ln_fabric *fabric; /* under lock; NULL: nobody asks any more */
};

struct ln_discovery {
	size_t count;
	struct finder *finders[];
};

static const char dns_prefix[] = "dns:";
static const char file_prefix[] = "file:";

static bool has_prefix(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool ln_discover_valid(const char *text)
{
	struct ln_find_dns dns;

	if (has_prefix(text, file_prefix))
		return text[strlen(file_prefix)] != '\0';
	return has_prefix(text, dns_prefix) &&
	       ln_find_dns_parse(text + strlen(dns_prefix), &dns);
}

static void release(struct finder *finder)
{
	if (!ln_refs_release(&finder->references))
		return;
	if (finder->stop >= 0)
		ln_fd_close(finder->stop);
	if (finder->watch >= 0)
		ln_fd_close(finder->watch);
	pthread_mutex_destroy(&finder->lock);
	free(finder->complaint);
	free(finder->text);
	free(finder);
}

/* Says why there is no answer, once for each cause. Takes the text over. */
static void complain(struct finder *finder, char *text)
{
	if (text == NULL)
		return;
	if (finder->complaint == NULL || strcmp(finder->complaint, text) != 0)
		ln_log(LN_LOG_WARN,
		       "cannot find nodes by '%s': %s; it is tried again",
		       finder->text, text);
	free(finder->complaint);
	finder->complaint = text;
}

static void praise(struct finder *finder)
{
	free(finder->complaint);
	finder->complaint = NULL;
	if (finder->found.more && !finder->told)
		ln_log(LN_LOG_WARN,
		       "'%s' names more than %d nodes; the others are left out",
		       finder->text, LN_FOUND_MAX);
	finder->told = finder->found.more;
}

/* Asks once; false: there is no answer. */
static bool ask(struct finder *finder)
{
	struct ln_found *found = &finder->found;
	const char *cause;
	char *reason = NULL;
	int error;

	memset(found, 0, sizeof(*found));
	if (finder->path != NULL) {
		error = ln_find_file_ask(finder->path, found, &reason);
	} else {
		error = ln_find_dns_ask(&finder->dns, finder->port, found,
					&cause);
		if (error < 0)
			reason = strdup(cause);
	}
	if (error < 0)
		complain(finder, reason);
	else
		praise(finder);
	return error == 0;
}

/* Passes the answer on; false: nobody wants it any more. */
static bool tell(struct finder *finder, bool answered)
{
	struct ln_fabric *fabric;

	for (size_t i = 0; i < finder->found.count; i++)
		finder->list[i] = finder->found.addresses[i];
	pthread_mutex_lock(&finder->lock);
	fabric = finder->fabric;
	if (fabric != NULL)
		fabric->class->found(fabric, finder->number,
				     answered ? finder->list : NULL,
				     finder->found.count);
	pthread_mutex_unlock(&finder->lock);
	return fabric != NULL;
}

/* The folder of a file is watched, because a file that is changed is often a
 * new one under the old name. */
static void watch_folder(struct finder *finder)
{
	char *folder = strdup(finder->path);
	char *slash = folder != NULL ? strrchr(folder, '/') : NULL;
	const char *name = ".";

	if (slash != NULL) {
		slash[slash == folder ? 1 : 0] = '\0';
		name = folder;
	}
	/* Without a watch it is read at each interval. */
	if (folder != NULL && finder->watch >= 0)
		(void)inotify_add_watch(finder->watch, name,
					IN_CLOSE_WRITE | IN_MOVED_TO |
						IN_DELETE | IN_CREATE);
	free(folder);
}

static void forget_changes(struct finder *finder)
{
	while (read(finder->watch, finder->events, sizeof(finder->events)) > 0)
		continue;
}

/* Waits for the time of the next question, or for a change; false: nobody asks
 * any more. */
static bool wait_for_turn(struct finder *finder)
{
	struct pollfd polls[2] = {
		{ .fd = finder->stop, .events = POLLIN },
		{ .fd = finder->watch, .events = POLLIN },
	};

	(void)poll(polls, 2, LN_DISCOVER_INTERVAL / LN_NS_PER_MS);
	if (polls[0].revents != 0)
		return false;
	if (polls[1].revents == 0)
		return true;
	/* Who writes a file may do it in steps, or all the time. */
	(void)poll(polls, 1, SETTLE_MS);
	forget_changes(finder);
	return polls[0].revents == 0;
}

static void *run(void *argument)
{
	struct finder *finder = argument;

	prctl(PR_SET_NAME, "ln-discover");
	if (finder->path != NULL)
		watch_folder(finder);
	while (tell(finder, ask(finder)) && wait_for_turn(finder))
		continue;
	release(finder);
	return NULL;
}

static uint16_t port_of(struct ln_fabric *fabric)
{
	const char *address = fabric->class->address(fabric);
	const char *colon = strrchr(address, ':');

	return colon != NULL ? (uint16_t)strtoul(colon + 1, NULL, 10) : 0;
}

static bool start_thread(struct finder *finder)
{
	pthread_attr_t attributes;
	pthread_t thread;
	bool started = false;

	if (pthread_attr_init(&attributes) != 0)
		return false;
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	atomic_fetch_add(&finder->references, 1);
	if (pthread_create(&thread, &attributes, run, finder) == 0)
		started = true;
	else
		atomic_fetch_sub(&finder->references, 1);
	pthread_attr_destroy(&attributes);
	return started;
}

static struct finder *start_finder(struct ln_fabric *fabric, unsigned number,
				   const char *text)
{
	struct finder *finder = calloc(1, sizeof(*finder));

	if (finder == NULL)
		return NULL;
	atomic_init(&finder->references, 1);
	pthread_mutex_init(&finder->lock, NULL);
	finder->number = number;
	finder->fabric = fabric;
	finder->port = port_of(fabric);
	finder->watch = -1;
	finder->stop = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	finder->text = strdup(text);
	if (finder->text != NULL && has_prefix(text, file_prefix)) {
		finder->path = finder->text + strlen(file_prefix);
		finder->watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	} else {
		ln_find_dns_parse(text + strlen(dns_prefix), &finder->dns);
	}
	if (finder->stop >= 0 && finder->text != NULL && start_thread(finder))
		return finder;
	release(finder);
	return NULL;
}

int ln_discover_start(struct ln_fabric *fabric, const char *const *texts,
		      size_t count, struct ln_discovery **out)
{
	struct ln_discovery *discovery =
		calloc(1, sizeof(*discovery) + count * sizeof(void *));

	ln_assert(count <= LN_FABRIC_FINDERS_MAX);
	if (discovery == NULL)
		return LN_ENOMEM;
	for (unsigned i = 0; i < count; i++) {
		struct finder *finder = start_finder(fabric, i, texts[i]);

		if (finder == NULL) {
			ln_discover_stop(discovery);
			return LN_ENOMEM;
		}
		discovery->finders[discovery->count++] = finder;
	}
	*out = discovery;
	return 0;
}

static void stop(struct finder *finder)
{
	const uint64_t one = 1;

	pthread_mutex_lock(&finder->lock);
	finder->fabric = NULL;
	pthread_mutex_unlock(&finder->lock);
	/* It cannot fail: the counter was 0. */
	(void)!write(finder->stop, &one, sizeof(one));
	release(finder);
}

void ln_discover_stop(struct ln_discovery *discovery)
{
	if (discovery == NULL)
		return;
	for (size_t i = 0; i < discovery->count; i++)
		stop(discovery->finders[i]);
	free(discovery);
}
