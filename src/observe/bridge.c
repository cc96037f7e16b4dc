/*
 * DESIGN
 * A session for each question, in the thread that asks: nothing is kept between
 * questions, and streams, which have no end, are not among the methods.
 */
#include "observe/bridge.h"

#include <jansson.h>
#include <string.h>
#include <time.h>

#include "base/bytes.h"
#include "base/time.h"
#include "control/session.h"

#define ANSWER_MAX ((size_t)4 << 20)
#define ANSWER_TIME (5 * LN_NS_PER_S)
/* Between two looks at a request that waits. */
#define PAUSE_MAX (5 * LN_NS_PER_MS)

static const struct {
	const char *method;
	enum ln_bridge_kind kind;
} methods[] = {
	{ "help", LN_BRIDGE_READ },   { "program", LN_BRIDGE_READ },
	{ "ps", LN_BRIDGE_READ },     { "inspect", LN_BRIDGE_READ },
	{ "tree", LN_BRIDGE_READ },   { "environments", LN_BRIDGE_READ },
	{ "deaths", LN_BRIDGE_READ }, { "death-trace", LN_BRIDGE_READ },
	{ "kill", LN_BRIDGE_ACT },
};

static bool refuse(struct ln_bytes *answer, const char *why)
{
	answer->len = 0;
	ln_bytes_add(answer, why, strlen(why));
	return false;
}

/* Whether the request is for a method of that kind. */
static bool may_ask(enum ln_bridge_kind kind, const char *request, size_t len)
{
	json_t *object = json_loadb(request, len, JSON_REJECT_DUPLICATES, NULL);
	const char *name = json_string_value(json_object_get(object, "method"));
	bool may = false;

	/* Other nodes have pages of their own. */
	if (json_object_get(object, "node") != NULL)
		name = NULL;
	for (size_t i = 0;
	     name != NULL && i < sizeof(methods) / sizeof(methods[0]); i++)
		may |= methods[i].kind == kind &&
		       strcmp(methods[i].method, name) == 0;
	json_decref(object);
	return may;
}

/* Moves what the session has to say to the answer. */
static void take_lines(struct ln_control_session *session,
		       struct ln_bytes *answer)
{
	size_t len;
	const uint8_t *lines = ln_control_session_pending(session, &len);

	ln_bytes_add(answer, lines, len);
	ln_control_session_sent(session, len);
}

static void pause_until(int64_t due, int64_t now)
{
	int64_t wait = due - now < PAUSE_MAX ? due - now : PAUSE_MAX;
	const struct timespec time = { .tv_nsec = wait };

	/* If a signal ends it early, the next look comes early. */
	if (wait > 0)
		(void)nanosleep(&time, NULL);
}

bool ln_bridge_ask(struct ln_control *control, enum ln_bridge_kind kind,
		   const char *request, size_t len, struct ln_bytes *answer)
{
	int64_t end = ln_time_now() + ANSWER_TIME;
	struct ln_control_session session;
	bool failed;

	if (!may_ask(kind, request, len))
		return refuse(answer, "there is no such method for pages");
	ln_control_session_init(&session, control);
	ln_control_session_skip(&session);
	ln_control_session_line(&session, request, len);
	for (;;) {
		int64_t now = ln_time_now();

		ln_control_session_work(&session, now);
		take_lines(&session, answer);
		failed = ln_control_session_failed(&session) || now > end ||
			 answer->len > ANSWER_MAX;
		if (failed || session.count == 0)
			break;
		pause_until(ln_control_session_due(&session, now), now);
	}
	ln_control_session_deinit(&session);
	if (failed)
		return refuse(answer, "the answer is too long, or comes too "
				      "late; ask for fewer, with `max`");
	return true;
}
