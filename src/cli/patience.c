#include "cli/patience.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"

#define SECONDS 3

/* Until then nobody wonders. */
static void wait(struct ln_patience *patience)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += SECONDS;
	pthread_mutex_lock(&patience->lock);
	while (!patience->over &&
	       pthread_cond_timedwait(&patience->ended, &patience->lock,
				      &until) == 0)
		continue;
	if (!patience->over)
		ln_log_say("compiling '%s' (%.1f MB); only the first start of "
			   "a module takes long%s",
			   patience->file, (double)patience->size / 1e6,
			   patience->interpretable
				   ? ", and none with --engine auto"
				   : "");
	pthread_mutex_unlock(&patience->lock);
}

static void *watch(void *argument)
{
	wait(argument);
	return NULL;
}

/* The number behind the magic one is 1 in modules; engines for components
 * compile. */
static bool is_interpretable(const uint8_t *bytes, size_t size)
{
	static const uint8_t version[] = { 1, 0, 0, 0 };

	return LN_HAS_WASMI && size >= 8 &&
	       memcmp(bytes + 4, version, sizeof(version)) == 0;
}

void ln_patience_begin(struct ln_patience *patience, const char *file,
		       const uint8_t *bytes, size_t size)
{
	pthread_condattr_t clock;

	*patience = (struct ln_patience){
		.file = file,
		.size = size,
		.interpretable = is_interpretable(bytes, size),
	};
	if (!isatty(STDERR_FILENO))
		return;
	pthread_mutex_init(&patience->lock, NULL);
	pthread_condattr_init(&clock);
	pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
	pthread_cond_init(&patience->ended, &clock);
	pthread_condattr_destroy(&clock);
	patience->begun =
		pthread_create(&patience->thread, NULL, watch, patience) == 0;
	if (patience->begun)
		return;
	pthread_cond_destroy(&patience->ended);
	pthread_mutex_destroy(&patience->lock);
}

void ln_patience_end(struct ln_patience *patience)
{
	if (!patience->begun)
		return;
	pthread_mutex_lock(&patience->lock);
	patience->over = true;
	pthread_cond_signal(&patience->ended);
	pthread_mutex_unlock(&patience->lock);
	pthread_join(patience->thread, NULL);
	pthread_cond_destroy(&patience->ended);
	pthread_mutex_destroy(&patience->lock);
}
