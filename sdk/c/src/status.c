/*
 * The texts of statuses. The text of the host's last error is fetched when the
 * error happens, so that its id can be dropped at once.
 */
#include <lunatic/abi.h>
#include <lunatic/status.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

#define TEXT_MAX 512
#define TIMED_OUT 9027

static char host_text[TEXT_MAX];

static const struct {
	int status;
	const char *text;
} texts[] = { { LUNATIC_OK, "success" },
#define X(name, value, text) { name, text },
	      LUNATIC_STATUS_MAP(X)
#undef X
};

/* Cuts a text that is too long, and not within a character. */
static void keep(const char *text, size_t size)
{
	if (size >= sizeof(host_text)) {
		size = sizeof(host_text) - 1;
		while (size > 0 && ((unsigned char)text[size] & 0xc0) == 0x80)
			size--;
	}
	memcpy(host_text, text, size);
	host_text[size] = '\0';
}

int lunatic_host_error(uint64_t error)
{
	uint32_t size = lunatic_error_string_size(error);
	char *text = malloc(size + (size_t)1);

	host_text[0] = '\0';
	if (text != NULL) {
		lunatic_error_to_string(error, text);
		keep(text, size);
		free(text);
	}
	lunatic_error_drop(error);
	return LUNATIC_EHOST;
}

int lunatic_host_status(uint32_t result, uint64_t error)
{
	if (result == 0)
		return 0;
	return result == TIMED_OUT ? LUNATIC_ETIMEDOUT
				   : lunatic_host_error(error);
}

static const char *died_text;

void lunatic_note_end(const struct lunatic_end *end)
{
	static const char *const died[] = {
		[LUNATIC_RETURNED] = "the process has ended: it has returned",
		[LUNATIC_EXITED] = "the process has ended: it has exited",
		[LUNATIC_TRAPPED] = "the process has ended: it has trapped",
		[LUNATIC_KILLED] = "the process has ended: it was killed",
		[LUNATIC_NO_PROCESS] = "there is no such process",
		[LUNATIC_NODE_LOST] = "the node of the process is lost",
	};

	died_text = NULL;
	if (end != NULL && end->reason < sizeof(died) / sizeof(died[0]))
		died_text = died[end->reason];
}

const char *lunatic_status_text(int status)
{
	if (status == LUNATIC_EDIED && died_text != NULL)
		return died_text;
	if (status == LUNATIC_EHOST && host_text[0] != '\0')
		return host_text;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (texts[i].status == status)
			return texts[i].text;
	}
	return "unknown status";
}
