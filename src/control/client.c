/*
 * DESIGN
 * The socket does not block; waiting is poll(2) with the time that is left. A
 * line of a program is trusted as little as the other way round: it is bounded,
 * it is JSON or an error, and texts are cleaned by whoever prints them.
 */
#include "control/client.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/text.h"
#include "base/time.h"
#include "control/place.h"
#include "control/session.h"

#define CONNECT_PATIENCE (5 * LN_NS_PER_S)
#define LINE_MAX_BYTES LN_CONTROL_OUT_MAX
#define READ_SIZE ((size_t)64 << 10)

struct ln_control_client {
	int fd;
	const char *node; /* NULL: the program itself */
	int64_t last;     /* id that was given out */
	char code[32];    /* of the last error of the program's */
	json_t *greeting;
	struct ln_bytes in; /* what was read */
	size_t taken;       /* bytes of lines that are done with */
};

/* ---- Bytes ---- */

static int timeout_until(int64_t deadline)
{
	int64_t left;

	if (deadline == LN_NEVER)
		return -1;
	left = deadline - ln_time_now();
	if (left <= 0)
		return 0;
	left = (left + LN_NS_PER_MS - 1) / LN_NS_PER_MS;
	return left < INT32_MAX ? (int)left : INT32_MAX;
}

/* Waits for the descriptor; LN_ETIMEDOUT. */
static int wait_for(int fd, short events, int64_t deadline)
{
	struct pollfd polled = { .fd = fd, .events = events };

	for (;;) {
		int count = poll(&polled, 1, timeout_until(deadline));

		if (count > 0)
			return 0;
		if (count == 0)
			return LN_ETIMEDOUT;
		if (errno != EINTR)
			return LN_EIO;
	}
}

static int ended(char **error)
{
	ln_text_format(error, "the program has ended the connection");
	return LN_EIO;
}

static int send_all(struct ln_control_client *client, const char *bytes,
		    size_t len, char **error)
{
	int64_t deadline = ln_time_now() + CONNECT_PATIENCE;

	while (len > 0) {
		ssize_t n = send(client->fd, bytes, len, MSG_NOSIGNAL);
		int result = 0;

		if (n > 0) {
			bytes += n;
			len -= (size_t)n;
			continue;
		}
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			result = wait_for(client->fd, POLLOUT, deadline);
		else
			return ended(error);
		if (result < 0) {
			ln_text_format(error, "the program takes no requests");
			return result;
		}
	}
	return 0;
}

/* Reads what is there, waiting until `deadline`. */
static int read_more(struct ln_control_client *client, int64_t deadline,
		     char **error)
{
	struct ln_bytes *in = &client->in;
	ssize_t n;
	int result;

	in->len -= client->taken;
	if (in->len > 0 && client->taken > 0)
		memmove(in->data, in->data + client->taken, in->len);
	client->taken = 0;
	if (!ln_bytes_reserve(in, READ_SIZE)) {
		ln_text_format(error, in->error == LN_ENOMEM
					      ? "out of memory"
					      : "the program's answer is too "
						"long");
		return in->error == LN_ENOMEM ? LN_ENOMEM : LN_EFORMAT;
	}
	do {
		result = wait_for(client->fd, POLLIN, deadline);
		if (result < 0)
			return result;
		n = recv(client->fd, in->data + in->len, READ_SIZE, 0);
	} while (n < 0 && (errno == EINTR || errno == EAGAIN));
	if (n <= 0)
		return ended(error);
	in->len += (size_t)n;
	return 0;
}

/* The next line as an object, the caller's. */
static int read_line(struct ln_control_client *client, int64_t deadline,
		     json_t **object, char **error)
{
	size_t looked = 0;

	for (;;) {
		const char *start = (const char *)client->in.data;
		size_t left = client->in.len - client->taken;
		const char *end = NULL;
		int result;

		if (left > looked) {
			start += client->taken;
			end = memchr(start + looked, '\n', left - looked);
		}
		if (end != NULL) {
			client->taken += (size_t)(end - start) + 1;
			*object = json_loadb(start, (size_t)(end - start), 0,
					     NULL);
			if (json_is_object(*object))
				return 0;
			json_decref(*object);
			*object = NULL;
			ln_text_format(error,
				       "what the program answers is not what "
				       "this program understands");
			return LN_EFORMAT;
		}
		looked = left;
		result = read_more(client, deadline, error);
		if (result < 0)
			return result;
	}
}

/* ---- Connecting ---- */

static int refuse(struct ln_control_client *client, const json_t *object,
		  char **error)
{
	const json_t *from = json_object_get(object, "error");
	const char *message =
		json_string_value(json_object_get(from, "message"));
	const char *code = json_string_value(json_object_get(from, "code"));

	snprintf(client->code, sizeof(client->code), "%s",
		 code != NULL ? code : "");
	ln_text_format(error, "%s",
		       message != NULL ? message : "an unknown error");
	return LN_EINVAL;
}

/* Reads the greeting, and whether we understand this program. */
static int greet(struct ln_control_client *client, char **error)
{
	int64_t deadline = ln_time_now() + CONNECT_PATIENCE;
	json_int_t version;
	int result;

	result = read_line(client, deadline, &client->greeting, error);
	if (result == LN_ETIMEDOUT)
		ln_text_format(error, "the program does not answer");
	if (result < 0)
		return result;
	if (json_object_get(client->greeting, "error") != NULL)
		return refuse(client, client->greeting, error);
	version = json_integer_value(
		json_object_get(client->greeting, "control"));
	if (version == LN_CONTROL_VERSION)
		return 0;
	ln_text_format(error,
		       "the program speaks version %lld of the control "
		       "protocol, and this one version %d; use the lunatic "
		       "that it was started with",
		       (long long)version, LN_CONTROL_VERSION);
	return LN_EUNSUP;
}

int ln_control_connect_to(const char *path, struct ln_control_client **out,
			  char **error)
{
	struct ln_control_client *client = calloc(1, sizeof(*client));
	int result;

	*error = NULL;
	if (client == NULL)
		return LN_ENOMEM;
	client->in.max = LINE_MAX_BYTES;
	client->fd = ln_control_dial(path);
	if (client->fd < 0) {
		ln_text_format(error, "cannot connect to '%s': %s", path,
			       strerror(-client->fd));
		result = ln_error_from_errno(-client->fd);
		free(client);
		return result;
	}
	result = greet(client, error);
	if (result < 0) {
		ln_control_close(client);
		return result;
	}
	*out = client;
	return 0;
}

void ln_control_close(struct ln_control_client *client)
{
	if (client == NULL)
		return;
	ln_fd_close(client->fd);
	json_decref(client->greeting);
	ln_bytes_deinit(&client->in);
	free(client);
}

static bool is_called(const struct ln_control_program *program,
		      const char *word)
{
	char pid[16];

	snprintf(pid, sizeof(pid), "%d", program->pid);
	return strcmp(pid, word) == 0 || strcmp(program->name, word) == 0;
}

/* "1234 (app), 1235 (app)": as many as fit. */
static void list_programs(const struct ln_control_program *list, size_t count,
			  const char *word, char text[512])
{
	size_t len = 0;

	text[0] = '\0';
	for (size_t i = 0; i < count && len < 400; i++) {
		if (word == NULL || is_called(&list[i], word))
			len += (size_t)snprintf(
				text + len, 512 - len, "%s%d (%s)",
				len > 0 ? ", " : "", list[i].pid, list[i].name);
	}
}

/* The program that is meant; NULL, with an error. */
static const struct ln_control_program *
choose(const struct ln_control_program *list, size_t count, const char *word,
       int *result, char **error)
{
	const struct ln_control_program *chosen = NULL;
	char text[512];
	size_t matching = 0;

	for (size_t i = 0; i < count; i++) {
		if (word != NULL && !is_called(&list[i], word))
			continue;
		chosen = &list[i];
		matching++;
	}
	if (matching == 1)
		return chosen;
	list_programs(list, count, matching > 0 ? word : NULL, text);
	*result = matching == 0 ? LN_ENOENT : LN_EINVAL;
	if (count == 0)
		ln_text_format(error,
			       "no program of this user runs; start one with "
			       "lunatic FILE (see lunatic help control)");
	else if (matching == 0)
		ln_text_format(error, "no program '%s' runs; there are %s",
			       word, text);
	else
		ln_text_format(error,
			       "%zu programs%s%s%s run: %s; choose one with "
			       "--program PID",
			       matching, word != NULL ? " called '" : "",
			       word != NULL ? word : "",
			       word != NULL ? "'" : "", text);
	return NULL;
}

int ln_control_connect(const char *folder, const char *program,
		       struct ln_control_client **client, char **error)
{
	const struct ln_control_program *chosen;
	struct ln_control_program *list;
	char *path;
	size_t count;
	int result = ln_control_folder(folder, &path, error);

	if (result < 0)
		return result;
	result = ln_control_programs(path, &list, &count, error);
	free(path);
	if (result < 0)
		return result;
	chosen = choose(list, count, program, &result, error);
	if (chosen != NULL)
		result = ln_control_connect_to(chosen->path, client, error);
	ln_control_programs_free(list, count);
	return result;
}

bool ln_control_error_is(const struct ln_control_client *client,
			 const char *code)
{
	return strcmp(client->code, code) == 0;
}

const json_t *ln_control_greeting(const struct ln_control_client *client)
{
	return client->greeting;
}

int ln_control_fd(const struct ln_control_client *client)
{
	return client->fd;
}

/* ---- Requests ---- */

void ln_control_set_node(struct ln_control_client *client, const char *node)
{
	client->node = node;
}

int ln_control_send(struct ln_control_client *client, const char *method,
		    json_t *args, int64_t *id, char **error)
{
	json_t *object = json_pack("{s:I,s:s,s:o*,s:s*}", "id",
				   (json_int_t)++client->last, "method", method,
				   "args", args, "node", client->node);
	char *text = object != NULL ? json_dumps(object, JSON_COMPACT) : NULL;
	int result;

	*error = NULL;
	json_decref(object);
	if (text == NULL)
		return LN_ENOMEM;
	*id = client->last;
	result = send_all(client, text, strlen(text), error);
	free(text);
	if (result == 0)
		result = send_all(client, "\n", 1, error);
	return result;
}

int ln_control_read(struct ln_control_client *client, int64_t id,
		    int64_t deadline, enum ln_control_part *part,
		    json_t **value, char **error)
{
	json_t *object;
	json_t *found;
	int result;

	*error = NULL;
	do {
		result = read_line(client, deadline, &object, error);
		if (result < 0)
			return result;
		/* Of another request: what is left of one given up. */
		found = json_object_get(object, "id");
		if (json_is_null(found) || json_integer_value(found) == id)
			break;
		json_decref(object);
	} while (true);
	*part = LN_CONTROL_ITEM;
	found = json_object_get(object, "item");
	if (found == NULL) {
		*part = LN_CONTROL_RESULT;
		found = json_object_get(object, "result");
	}
	*value = json_incref(found);
	result = found != NULL ? 0 : refuse(client, object, error);
	json_decref(object);
	return result;
}

int ln_control_ask(struct ln_control_client *client, const char *method,
		   json_t *args, int64_t patience,
		   bool (*item)(void *argument, json_t *item), void *argument,
		   json_t **result, char **error)
{
	enum ln_control_part part;
	json_t *value;
	int64_t id;
	int status = ln_control_send(client, method, args, &id, error);

	while (status == 0) {
		status = ln_control_read(client, id, ln_time_now() + patience,
					 &part, &value, error);
		if (status < 0)
			break;
		if (part == LN_CONTROL_RESULT) {
			*result = value;
			return 0;
		}
		if (item != NULL && !item(argument, value))
			status = LN_EKILLED;
		json_decref(value);
	}
	if (status == LN_ETIMEDOUT && *error == NULL)
		ln_text_format(error, "the program does not answer");
	return status;
}
