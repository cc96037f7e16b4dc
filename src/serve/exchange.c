/* An exchange. Its lock is held for some instructions; under it none is taken.
 */
#include "serve/exchange.h"

#include <stdlib.h>
#include <string.h>

#include "base/refs.h"
#include "process/process.h"
#include "process/process_refs.h"
#include "serve/fields.h"
#include "serve/pipe.h"
#include "serve/reuse.h"
#include "serve/server_impl.h"

static void begin(struct ln_errand *errand)
{
	struct ln_exchange *exchange = ln_exchange_of(errand);

	exchange->begun = true;
	ln_exchange_retain(exchange);
}

/* It does not count any more. */
static void uncount(struct ln_exchange *exchange)
{
	/* Relaxed: a number that nothing else depends on. */
	atomic_fetch_sub_explicit(&exchange->server->requests, 1,
				  memory_order_relaxed);
}

/* An answer, as it is when nobody needs it any more. */
struct given {
	struct ln_fields *fields;
	struct ln_pipe *response;
	struct ln_pipe *inbound;
};

/* Takes it out when both sides are done with it; under the lock. */
static struct given take_answer(struct ln_exchange *exchange)
{
	struct given given = { 0 };

	if (!exchange->over || !exchange->left)
		return given;
	given.fields = exchange->answer_fields;
	given.response = exchange->response;
	given.inbound = exchange->inbound;
	exchange->answer_fields = NULL;
	exchange->response = NULL;
	exchange->inbound = NULL;
	return given;
}

static void drop_answer(const struct given *given)
{
	ln_fields_release(given->fields);
	ln_pipe_release(given->response);
	ln_pipe_release(given->inbound);
}

/* Both are there until they are released, or NULL. Under the lock. */
static struct given hold_pipes(struct ln_exchange *exchange)
{
	struct given held = { 0 };

	if (exchange->response != NULL)
		held.response = ln_pipe_retain(exchange->response);
	if (exchange->inbound != NULL)
		held.inbound = ln_pipe_retain(exchange->inbound);
	return held;
}

/* The process is over: what it has not answered, it never will. */
static void over(struct ln_errand *errand)
{
	struct ln_exchange *exchange = ln_exchange_of(errand);
	struct given given;
	struct given held;
	bool unanswered;

	ln_lock_acquire(&exchange->lock);
	unanswered = exchange->answer == LN_ANSWER_NONE;
	if (unanswered)
		exchange->answer = LN_ANSWER_OVER;
	exchange->over = true;
	given = take_answer(exchange);
	held = hold_pipes(exchange);
	ln_lock_release(&exchange->lock);
	drop_answer(&given);
	/* Nothing happens when it is complete. */
	if (held.response != NULL)
		ln_pipe_finish(held.response, LN_PIPE_BROKEN, NULL);
	if (held.inbound != NULL)
		ln_pipe_close(held.inbound);
	drop_answer(&held);
	ln_pipe_close(exchange->request);
	if (unanswered)
		ln_task_wake(&exchange->connection->task);
	ln_reused_free(exchange->reused);
	exchange->reused = NULL;
	uncount(exchange);
	ln_exchange_release(exchange);
}

/* Whether all of an answer is there. It stays while the process is not over. */
static bool is_complete(struct ln_exchange *exchange)
{
	struct ln_pipe *response;
	enum ln_answer answer;

	ln_lock_acquire(&exchange->lock);
	answer = exchange->answer;
	response = exchange->response;
	ln_lock_release(&exchange->lock);
	if (answer != LN_ANSWER_GIVEN && answer != LN_ANSWER_FAILED)
		return false;
	return response == NULL || ln_pipe_look(response).end == LN_PIPE_ENDED;
}

bool ln_exchange_settle(struct ln_exchange *exchange)
{
	struct given given = { 0 };
	struct given held = { 0 };
	bool settled;

	if (!is_complete(exchange))
		return false;
	ln_lock_acquire(&exchange->lock);
	settled = !exchange->doomed;
	if (settled) {
		exchange->over = true;
		given = take_answer(exchange);
		held = hold_pipes(exchange);
	}
	ln_lock_release(&exchange->lock);
	if (!settled)
		return false;
	drop_answer(&given);
	if (held.inbound != NULL)
		ln_pipe_discard(held.inbound);
	drop_answer(&held);
	ln_pipe_discard(exchange->request);
	exchange->reused = NULL;
	uncount(exchange);
	ln_exchange_release(exchange);
	return true;
}

void ln_exchange_leave(struct ln_exchange *exchange)
{
	struct given given;

	ln_lock_acquire(&exchange->lock);
	exchange->left = true;
	given = take_answer(exchange);
	ln_lock_release(&exchange->lock);
	drop_answer(&given);
}

static size_t length_of(const char *text)
{
	return text != NULL ? strlen(text) + 1 : 0;
}

size_t ln_exchange_weight(const struct ln_exchange *exchange)
{
	return sizeof(*exchange) + sizeof(*exchange->request) +
	       sizeof(*exchange->connection) + length_of(exchange->method) +
	       length_of(exchange->path) + length_of(exchange->authority) +
	       ln_fields_weight(exchange->fields);
}

struct ln_exchange *ln_exchange_new(struct ln_server *server,
				    struct ln_process *connection)
{
	struct ln_exchange *exchange = calloc(1, sizeof(*exchange));

	if (exchange == NULL)
		return NULL;
	exchange->errand.begin = begin;
	exchange->errand.over = over;
	if (server->options.reuse > 1)
		exchange->errand.next = ln_reuse_next;
	exchange->server = ln_server_retain(server);
	exchange->connection = ln_process_retain(connection);
	ln_list_init(&exchange->link);
	atomic_init(&exchange->references, 1);
	atomic_fetch_add_explicit(&server->requests, 1, memory_order_relaxed);
	return exchange;
}

struct ln_exchange *ln_exchange_retain(struct ln_exchange *exchange)
{
	ln_refs_retain(&exchange->references);
	return exchange;
}

void ln_exchange_release(struct ln_exchange *exchange)
{
	if (!ln_refs_release(&exchange->references))
		return;
	if (!exchange->begun)
		uncount(exchange);
	ln_reused_free(exchange->reused);
	ln_server_release(exchange->server);
	ln_process_release(exchange->connection);
	if (exchange->process != NULL)
		ln_process_release(exchange->process);
	ln_fields_release(exchange->fields);
	ln_fields_release(exchange->answer_fields);
	ln_pipe_release(exchange->request);
	ln_pipe_release(exchange->response);
	ln_pipe_release(exchange->inbound);
	free(exchange->method);
	free(exchange->path);
	free(exchange->authority);
	free(exchange);
}

bool ln_exchange_answer(struct ln_exchange *exchange, unsigned status,
			struct ln_fields *fields, struct ln_pipe *response)
{
	bool first;

	if (response != NULL)
		ln_pipe_set_reader(response, exchange->connection);
	ln_lock_acquire(&exchange->lock);
	first = exchange->answer == LN_ANSWER_NONE;
	if (first) {
		exchange->answer = LN_ANSWER_GIVEN;
		exchange->status = status;
		exchange->answer_fields = fields;
		exchange->response = response;
	}
	ln_lock_release(&exchange->lock);
	if (!first) {
		ln_fields_release(fields);
		ln_pipe_release(response);
		return false;
	}
	ln_task_wake(&exchange->connection->task);
	return true;
}

bool ln_exchange_fail(struct ln_exchange *exchange)
{
	bool first;

	ln_lock_acquire(&exchange->lock);
	first = exchange->answer == LN_ANSWER_NONE;
	if (first)
		exchange->answer = LN_ANSWER_FAILED;
	ln_lock_release(&exchange->lock);
	if (first)
		ln_task_wake(&exchange->connection->task);
	return first;
}

void ln_exchange_kill(struct ln_exchange *exchange)
{
	struct ln_process *process;

	ln_lock_acquire(&exchange->lock);
	process = exchange->over ? NULL : exchange->process;
	exchange->doomed |= process != NULL;
	ln_lock_release(&exchange->lock);
	/* It stays as long as the exchange, and answers no other one. */
	if (process != NULL)
		ln_process_kill(process);
}

bool ln_exchange_is_over(struct ln_exchange *exchange)
{
	bool is_over;

	ln_lock_acquire(&exchange->lock);
	is_over = exchange->over;
	ln_lock_release(&exchange->lock);
	return is_over;
}

enum ln_answer ln_exchange_look(struct ln_exchange *exchange)
{
	enum ln_answer answer;

	ln_lock_acquire(&exchange->lock);
	answer = exchange->answer;
	ln_lock_release(&exchange->lock);
	return answer;
}
