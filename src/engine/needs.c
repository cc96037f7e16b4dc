/* Looks for what the engine needs by doing it. */
#include "engine/needs.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/error.h"
#include "base/pages.h"
#include "engine/engine_class.h"

/* Address space that starting takes, with some to compile in, bytes. */
#define ADDRESSES ((size_t)80 << 20)

static int check_addresses(void)
{
	void *at = mmap(NULL, ADDRESSES, PROT_NONE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (at == MAP_FAILED)
		return LN_ENOMEM;
	/* If they stay, starting finds fewer, and says so. */
	(void)ln_pages_unmap(at, ADDRESSES);
	return 0;
}

static int check_code(void)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	void *at = mmap(NULL, page, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int error = 0;

	if (at == MAP_FAILED)
		return LN_ENOMEM;
	if (mprotect(at, page, PROT_READ | PROT_EXEC) < 0)
		error = errno == EACCES || errno == EPERM ? LN_EPERM
							  : LN_ENOMEM;
	/* A page that stays is lost, and no more. */
	(void)ln_pages_unmap(at, page);
	return error;
}

static void *do_nothing(void *argument)
{
	return argument;
}

static int check_threads(void)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, do_nothing, NULL) != 0)
		return LN_EIO;
	pthread_join(thread, NULL);
	return 0;
}

static int check_signals(void)
{
	static const int numbers[] = { SIGSEGV, SIGILL, SIGFPE };
	struct sigaction action;

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		if (sigaction(numbers[i], NULL, &action) < 0 ||
		    sigaction(numbers[i], &action, NULL) < 0)
			return LN_EUNSUP;
	}
	return 0;
}

int ln_needs_check(const struct ln_engine_class *class)
{
	int error = check_addresses();

	if (error == 0 && (class->needs & LN_NEEDS_CODE) != 0)
		error = check_code();
	if (error == 0)
		error = check_threads();
	if (error == 0 && (class->needs & LN_NEEDS_SIGNALS) != 0)
		error = check_signals();
	return error;
}
