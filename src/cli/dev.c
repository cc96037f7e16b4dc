/*
 * DESIGN
 * `lunatic dev`: builds the project and runs it, both as children, and waits
 * for changes of its sources, for the end of a child, and for signals. After a
 * change it builds again; a change while it builds counts afterwards. A
 * program whose processes can be upgraded is (lunatic upgrade);
 * any other one, or one that refuses, is started anew. A build that fails
 * leaves what runs as it is.
 */
#include <errno.h>
#include <libgen.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "cli/child.h"
#include "cli/commands.h"
#include "cli/prepare.h"
#include "cli/project.h"
#include "cli/watch.h"
#include "engine/binary.h"
#include "process/change_instance.h"

#define WORDS_MAX 256
#define MODULE_MAX ((size_t)1 << 30)

/* Tools write files one after the other: this much later they are done. */
#define SETTLED_MS 100

static const char usage[] =
	"Usage: lunatic dev [OPTION...] [-- ARGUMENT...]\n"
	"\n"
	"Builds the project in the current folder as lunatic build does, and\n"
	"runs it, as lunatic run OPTION... FILE ARGUMENT... does. When a\n"
	"source changes it is built and run anew. If the program exports\n"
	"what lunatic upgrade needs, its processes are upgraded instead.\n"
	"Without --engine it is run with --engine auto, if that is there.\n"
	"SIGINT or SIGTERM ends it.\n";

struct dev {
	struct ln_build build;
	pid_t builder; /* 0: it does not build */
	struct ln_watch watch;
	int signals; /* a descriptor */
	char **options;
	size_t option_count;
	char **arguments;
	size_t argument_count;
	pid_t child;  /* 0: none */
	char *module; /* that was started; owned */
};

/* Whether the module exports a function of that name. */
static bool exports(const uint8_t *bytes, size_t len, const char *name)
{
	struct ln_cursor section =
		ln_binary_find(bytes, len, LN_SECTION_EXPORT);
	struct ln_export one;
	uint64_t count;

	if (!ln_cursor_number(&section, 32, &count))
		return false;
	for (; count > 0 && ln_binary_export(&section, &one); count--) {
		if (one.kind == LN_EXTERN_FUNCTION &&
		    ln_cursor_is(one.name, name))
			return true;
	}
	return false;
}

static bool is_upgradable(const char *module)
{
	size_t len;
	uint8_t *bytes = ln_cli_read_file(module, MODULE_MAX, &len);
	bool is = bytes != NULL && exports(bytes, len, LN_CHANGE_SAVE) &&
		  exports(bytes, len, LN_CHANGE_LOAD) &&
		  exports(bytes, len, LN_CHANGE_RESUME);

	free(bytes);
	return is;
}

/* Whether the user has chosen an engine. */
static bool has_engine(const struct dev *dev)
{
	static const char option[] = "--engine";
	const size_t len = sizeof(option) - 1;

	for (size_t i = 0; i < dev->option_count; i++) {
		if (strncmp(dev->options[i], option, len) == 0 &&
		    (dev->options[i][len] == '\0' ||
		     dev->options[i][len] == '='))
			return true;
	}
	return getenv("LUNATIC_ENGINE") != NULL;
}

static void start(struct dev *dev)
{
	const char **words = calloc(WORDS_MAX + 6, sizeof(*words));
	size_t count = 0;

	if (words == NULL)
		return;
	words[count++] = LN_CHILD_SELF;
	words[count++] = "run";
	/* After each change a large module would take long to compile. */
	if (LN_HAS_WASMI && !has_engine(dev)) {
		words[count++] = "--engine";
		words[count++] = "auto";
	}
	for (size_t i = 0; i < dev->option_count; i++)
		words[count++] = dev->options[i];
	words[count++] = dev->module;
	for (size_t i = 0; i < dev->argument_count; i++)
		words[count++] = dev->arguments[i];
	dev->child = ln_child_start(words, NULL, STDOUT_FILENO);
	free(words);
	if (dev->child < 0)
		dev->child = 0;
}

static void stop(pid_t *child)
{
	if (*child != 0)
		ln_child_stop(*child);
	*child = 0;
}

/* Upgrades what runs; false: it has to be started anew. */
static bool upgrade(struct dev *dev, const char *module)
{
	char program[16];
	char *copy = strdup(module);
	char *name;
	char *dot;
	int status;

	if (copy == NULL)
		return false;
	name = basename(copy);
	dot = strrchr(name, '.');
	if (dot != NULL)
		*dot = '\0';
	snprintf(program, sizeof(program), "%d", (int)dev->child);
	status = ln_child_run((const char *const[]){ LN_CHILD_SELF, "upgrade",
						     "--program", program, name,
						     module, NULL },
			      NULL);
	free(copy);
	return status == 0;
}

static void begin_build(struct dev *dev)
{
	dev->builder = ln_build_start(&dev->build);
	if (dev->builder < 0)
		dev->builder = 0;
}

/* Runs what was built. */
static void renew(struct dev *dev)
{
	char *module = ln_build_module(&dev->build);

	if (module == NULL)
		return;
	if (dev->child == 0 || strcmp(module, dev->module) != 0 ||
	    !is_upgradable(module) || !upgrade(dev, module)) {
		stop(&dev->child);
		free(dev->module);
		dev->module = module;
		start(dev);
	} else {
		free(module);
	}
}

static void end_build(struct dev *dev, int status)
{
	dev->builder = 0;
	if (status == 0) {
		renew(dev);
		return;
	}
	ln_build_explain(&dev->build);
	ln_log_say("the build has failed (status %d); waiting for a change",
		   status);
}

/* Some child has ended. */
static void take_end(struct dev *dev)
{
	int status;

	if (dev->child != 0 && ln_child_has_ended(dev->child, &status)) {
		dev->child = 0;
		ln_log_say("the program has ended (status %d); waiting for a "
			   "change",
			   status);
	}
	if (dev->builder != 0 && ln_child_has_ended(dev->builder, &status))
		end_build(dev, status);
}

/* Takes a signal; true: that of a user who ends us, in *status. */
static bool take_signal(struct dev *dev, int *status)
{
	struct signalfd_siginfo info;

	if (read(dev->signals, &info, sizeof(info)) != sizeof(info))
		return false;
	if (info.ssi_signo != SIGCHLD) {
		*status = 128 + (int)info.ssi_signo;
		return true;
	}
	take_end(dev);
	return false;
}

/* Until a signal, whose status is returned. */
static int serve(struct dev *dev)
{
	struct pollfd fds[] = {
		{ .fd = dev->signals, .events = POLLIN },
		{ .fd = dev->watch.fd, .events = POLLIN },
	};
	bool changed = true;
	int status;

	for (;;) {
		bool wanted = changed && dev->builder == 0;
		int ready = poll(fds, 2, wanted ? SETTLED_MS : -1);

		if (ready < 0 && errno != EINTR)
			return 1;
		if (ready > 0 && (fds[0].revents & POLLIN) &&
		    take_signal(dev, &status))
			return status;
		if (ready > 0 && (fds[1].revents & POLLIN))
			changed = ln_watch_read(&dev->watch) || changed;
		if (ready == 0) {
			changed = false;
			begin_build(dev);
		}
	}
}

/* Signals become readable; what is started has them as always. */
static bool take_signals(struct dev *dev)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGCHLD);
	dev->signals = -1;
	if (sigprocmask(SIG_BLOCK, &set, NULL) == 0)
		dev->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (dev->signals < 0)
		ln_log_say("cannot take signals: %s", strerror(errno));
	return dev->signals >= 0;
}

static int run(struct dev *dev)
{
	int status = 1;

	dev->build.project = ln_project_find();
	if (dev->build.project == NULL ||
	    !ln_project_has_tools(dev->build.project) || !take_signals(dev))
		return 1;
	if (ln_watch_begin(&dev->watch, dev->build.project)) {
		status = serve(dev);
		stop(&dev->builder);
		stop(&dev->child);
		ln_watch_end(&dev->watch);
	}
	free(dev->module);
	ln_fd_close(dev->signals);
	return status;
}

int ln_cli_dev(int argc, char **argv)
{
	struct dev dev = { .options = argv + 2 };
	int at = 2;
	int status;

	if (ln_cli_helps(argc, argv, usage, &status))
		return status;
	if (argc > WORDS_MAX) {
		ln_log_say("dev takes at most %d arguments", WORDS_MAX);
		return 1;
	}
	while (at < argc && strcmp(argv[at], "--") != 0)
		at++;
	dev.option_count = (size_t)(at - 2);
	if (at < argc) {
		dev.arguments = argv + at + 1;
		dev.argument_count = (size_t)(argc - at - 1);
	}
	return run(&dev);
}
