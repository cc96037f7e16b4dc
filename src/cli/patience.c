#include "cli/patience.h"

#include <string.h>
#include <unistd.h>

#include "base/condition.h"
#include "base/log.h"
#include "base/time.h"

#define NOBODY_WONDERS_MS 3000

static void *watch(void *argument)
{
	struct ln_patience *patience = argument;
	int64_t deadline = ln_time_after_ms(NOBODY_WONDERS_MS);

	pthread_mutex_lock(&patience->lock);
	while (!patience->over &&
	       ln_condition_wait(&patience->ended, &patience->lock, deadline))
		continue;
	if (!patience->over)
		ln_log_say("compiling '%s' (%.1f MB); only the first start of "
			   "a module takes long%s",
			   patience->file, (double)patience->size / 1e6,
			   patience->interpretable
				   ? ", and none with --engine auto"
				   : "");
	pthread_mutex_unlock(&patience->lock);
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
	*patience = (struct ln_patience){
		.file = file,
		.size = size,
		.interpretable = is_interpretable(bytes, size),
	};
	if (!isatty(STDERR_FILENO))
		return;
	pthread_mutex_init(&patience->lock, NULL);
	ln_condition_init(&patience->ended);
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
