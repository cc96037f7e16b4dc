/* Streams of events: the text of each, and waiting. */
#include <lunatic/abi.h>
#include <lunatic/events.h>
#include <lunatic/status.h>
#include <string.h>

#include "http.h"
#include "internal.h"

#define COMMENT_MS 15000

/* Writes lines, each behind the name of its field. Any end of a line will do,
 * since clients take all of them for one. */
static void write_lines(struct lunatic_http_response *response,
			const char *field, const char *text)
{
	for (;;) {
		size_t size = strcspn(text, "\r\n");

		lunatic_http_print(response, field);
		lunatic_http_print(response, ": ");
		lunatic_http_write(response, text, size);
		lunatic_http_write(response, "\n", 1);
		text += size;
		if (*text == '\0')
			return;
		text += text[0] == '\r' && text[1] == '\n' ? 2 : 1;
	}
}

static bool is_line(const char *text)
{
	return text == NULL || text[strcspn(text, "\r\n")] == '\0';
}

int lunatic_events_begin(struct lunatic_http_response *response, uint32_t retry)
{
	int status = lunatic_http_status(response, 200);

	if (status == 0)
		status = lunatic_http_set(response, "content-type",
					  "text/event-stream");
	if (status == 0)
		status =
			lunatic_http_set(response, "cache-control", "no-cache");
	if (status != 0)
		return status;
	if (retry > 0)
		lunatic_http_printf(response, "retry: %u\n\n", retry);
	return lunatic_http_send(response, LUNATIC_HTTP_STREAM);
}

int lunatic_events_send(struct lunatic_http_response *response,
			const struct lunatic_event *event)
{
	if (!is_line(event->name) || !is_line(event->id))
		return LUNATIC_EFORMAT;
	if (event->name != NULL)
		write_lines(response, "event", event->name);
	if (event->id != NULL)
		write_lines(response, "id", event->id);
	if (event->retry > 0)
		lunatic_http_printf(response, "retry: %u\n", event->retry);
	if (event->data != NULL)
		write_lines(response, "data", event->data);
	lunatic_http_write(response, "\n", 1);
	return lunatic_http_flush(response);
}

int lunatic_events_comment(struct lunatic_http_response *response,
			   const char *text)
{
	write_lines(response, "", text);
	lunatic_http_write(response, "\n", 1);
	return lunatic_http_flush(response);
}

int lunatic_events_wait(struct lunatic_http_response *response, int64_t timeout)
{
	int64_t deadline = lunatic_http_deadline(timeout);

	for (;;) {
		int64_t comment = lunatic_http_deadline(COMMENT_MS);
		uint32_t found = lunatic_http_await(LUNATIC_HTTP_MAIL |
							    LUNATIC_HTTP_DRAIN,
						    deadline, comment);
		int status;

		if ((found & LUNATIC_HTTP_DRAIN) != 0)
			return LUNATIC_EVENTS_ENDING;
		if (found != 0)
			return LUNATIC_EVENTS_MAIL;
		if (lunatic_http_clock() >= deadline)
			return LUNATIC_ETIMEDOUT;
		if (lunatic_http_clock() < comment)
			continue;
		status = lunatic_events_comment(response, "");
		if (status != 0)
			return status;
	}
}
