/*
 * Streams of bytes between the nodes of one program, as a carrier of the mesh.
 * They take no time, hold what was written until it is read, and lose nothing
 * until a node is lost.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/futex.h"
#include "base/list.h"
#include "base/time.h"
#include "net/wire.h"
#include "sched/task.h"
#include "simulation/sizes.h"

struct stream;

struct stream_end {
	struct ln_wire wire;
	struct stream *stream;
	struct size_host *host;
	struct ln_task *reader; /* waits */
	struct ln_bytes in;
	size_t at;
	bool closed; /* by this node */
};

struct stream {
	struct ln_list link;
	struct stream_end ends[2]; /* the first one is who dialled */
	unsigned references;
};

struct arrival {
	struct arrival *next;
	struct stream_end *end;
};

static struct {
	struct ln_lock lock; /* of all below, and of the nodes */
	struct size_host *hosts;
	unsigned host_count;
	struct ln_list streams;
	unsigned count;
	bool over;
	int64_t lost_at;
	struct size_losses losses;
} net;

static struct stream_end *of_wire(struct ln_wire *wire)
{
	return ln_container_of(wire, struct stream_end, wire);
}

static struct stream_end *other(struct stream_end *end)
{
	struct stream *stream = end->stream;

	return end == &stream->ends[0] ? &stream->ends[1] : &stream->ends[0];
}

/* Whether nothing passes any more, and neither end hears of that. */
static bool is_cut(struct stream_end *end)
{
	return end->host->lost || other(end)->host->lost;
}

static void wake(struct ln_task **task)
{
	if (*task != NULL)
		ln_task_wake(*task);
}

static void release(struct stream *stream)
{
	ln_lock_assert(&net.lock);
	if (--stream->references > 0)
		return;
	ln_list_remove(&stream->link);
	net.count--;
	ln_bytes_deinit(&stream->ends[0].in);
	ln_bytes_deinit(&stream->ends[1].in);
	free(stream);
}

/* Copies what is there; false: nothing, and it is not the end either. */
static bool take(struct stream_end *end, void *data, size_t len, size_t *count)
{
	size_t left = end->in.len - end->at;

	ln_lock_assert(&net.lock);
	*count = left < len ? left : len;
	if (end->closed)
		*count = 0;
	else if (*count > 0)
		memcpy(data, end->in.data + end->at, *count);
	end->at += *count;
	/* What is measured is what nodes keep, not this. */
	if (end->at == end->in.len) {
		ln_bytes_deinit(&end->in);
		end->at = 0;
	}
	return *count > 0 || end->closed ||
	       (other(end)->closed && !is_cut(end));
}

static int read_stream(struct ln_wire *wire, void *data, size_t len,
		       int64_t deadline, size_t *count, const char **reason)
{
	struct stream_end *end = of_wire(wire);
	int error = 0;
	bool done;

	(void)reason;
	for (;;) {
		ln_lock_acquire(&net.lock);
		done = take(end, data, len, count);
		end->reader = done || error < 0 ? NULL : ln_task_current();
		ln_lock_release(&net.lock);
		if (done || error < 0)
			return done ? 0 : error;
		error = ln_task_wait(ln_task_current(), deadline);
	}
}

static int write_stream(struct ln_wire *wire, const void *data, size_t len,
			int64_t deadline, size_t *count, const char **reason)
{
	struct stream_end *end = of_wire(wire);
	struct stream_end *to = other(end);
	int error = 0;

	(void)deadline;
	ln_lock_acquire(&net.lock);
	*count = len;
	if (end->closed || (to->closed && !is_cut(end))) {
		*reason = "the connection was closed";
		error = LN_EIO;
	} else {
		end->host->writes++;
		end->host->bytes += len;
		if (!is_cut(end)) {
			ln_bytes_add(&to->in, data, len);
			wake(&to->reader);
		}
	}
	ln_lock_release(&net.lock);
	return error;
}

/* A node gives up a stream to one that was lost. */
static void note_loss(void)
{
	int64_t time = ln_time_now() - net.lost_at;

	ln_lock_assert(&net.lock);
	if (net.losses.count++ == 0)
		net.losses.first = time;
	net.losses.last = time;
}

static void shut_down(struct ln_wire *wire)
{
	struct stream_end *end = of_wire(wire);

	ln_lock_acquire(&net.lock);
	if (!end->closed) {
		end->closed = true;
		if (!net.over && !end->host->lost && other(end)->host->lost)
			note_loss();
		wake(&end->reader);
		wake(&other(end)->reader);
	}
	ln_lock_release(&net.lock);
}

static void release_stream(struct ln_wire *wire)
{
	struct stream_end *end = of_wire(wire);

	shut_down(wire);
	ln_lock_acquire(&net.lock);
	end->reader = NULL;
	release(end->stream);
	ln_lock_release(&net.lock);
}

static const struct ln_wire_class wire_class = {
	.read = read_stream,
	.write = write_stream,
	.shutdown = shut_down,
	.release = release_stream,
};

static struct size_host *of_carrier(const struct ln_mesh_carrier *carrier)
{
	return ln_container_of(carrier, struct size_host, carrier);
}

static struct size_host *find(const char *address)
{
	unsigned index;

	if (sscanf(address, "node-%u:1", &index) != 1 ||
	    index >= net.host_count)
		return NULL;
	return &net.hosts[index];
}

static bool takes(const struct ln_mesh_carrier *carrier, const char *address)
{
	const struct size_host *found = find(address);

	return found != NULL &&
	       (found->index == 0 || !of_carrier(carrier)->only_first);
}

static struct stream *stream_new(struct size_host *from, struct size_host *to)
{
	struct stream *stream = calloc(1, sizeof(*stream));

	if (stream == NULL)
		abort();
	for (int i = 0; i < 2; i++) {
		stream->ends[i] = (struct stream_end){
			.wire = { .class = &wire_class },
			.stream = stream,
			.host = i == 0 ? from : to,
			.in = { .max = SIZE_MAX },
		};
	}
	stream->references = 2;
	return stream;
}

static int dial(struct ln_mesh_carrier *carrier, const char *address,
		struct ln_wire **wire, char reason[LN_TLS_REASON_SIZE])
{
	struct size_host *from = of_carrier(carrier);
	struct size_host *to = find(address);
	struct arrival *arrival = calloc(1, sizeof(*arrival));
	struct arrival **last = &to->arrivals;
	int error = 0;

	if (arrival == NULL)
		abort();
	ln_lock_acquire(&net.lock);
	if (net.over || from->lost || to->lost) {
		snprintf(reason, LN_TLS_REASON_SIZE, "nobody is there");
		free(arrival);
		error = LN_EIO;
	} else {
		struct stream *stream = stream_new(from, to);

		ln_list_append(&net.streams, &stream->link);
		net.count++;
		*wire = &stream->ends[0].wire;
		arrival->end = &stream->ends[1];
		while (*last != NULL)
			last = &(*last)->next;
		*last = arrival;
		wake(&to->acceptor);
	}
	ln_lock_release(&net.lock);
	return error;
}

static int accept_stream(struct ln_mesh_carrier *carrier, struct ln_wire **wire,
			 char from[LN_NODE_ADDRESS_SIZE])
{
	struct size_host *host = of_carrier(carrier);
	struct arrival *arrival;
	int error = 0;

	for (;;) {
		ln_lock_acquire(&net.lock);
		arrival = host->arrivals;
		if (arrival != NULL)
			host->arrivals = arrival->next;
		host->acceptor = arrival == NULL && error == 0
					 ? ln_task_current()
					 : NULL;
		ln_lock_release(&net.lock);
		if (arrival != NULL || error < 0)
			break;
		error = ln_task_wait(ln_task_current(), LN_NEVER);
	}
	if (arrival == NULL)
		return error;
	*wire = &arrival->end->wire;
	snprintf(from, LN_NODE_ADDRESS_SIZE, "%s",
		 other(arrival->end)->host->address);
	free(arrival);
	return 0;
}

static const struct ln_mesh_carrier_class carrier_class = {
	.takes = takes,
	.dial = dial,
	.accept = accept_stream,
};

void streams_init(struct size_host *hosts, unsigned count)
{
	ln_list_init(&net.streams);
	net.hosts = hosts;
	net.host_count = count;
	for (unsigned i = 0; i < count; i++) {
		hosts[i].carrier.class = &carrier_class;
		hosts[i].index = i;
		snprintf(hosts[i].address, sizeof(hosts[i].address),
			 "node-%u:1", i);
	}
}

void streams_lose(unsigned host)
{
	ln_lock_acquire(&net.lock);
	net.hosts[host].lost = true;
	net.lost_at = ln_time_now();
	net.losses = (struct size_losses){ .count = 0 };
	ln_lock_release(&net.lock);
}

struct size_losses streams_losses(void)
{
	struct size_losses losses;

	ln_lock_acquire(&net.lock);
	losses = net.losses;
	ln_lock_release(&net.lock);
	return losses;
}

void streams_traffic(unsigned host, uint64_t *writes, uint64_t *bytes)
{
	ln_lock_acquire(&net.lock);
	*writes = net.hosts[host].writes;
	*bytes = net.hosts[host].bytes;
	net.hosts[host].writes = 0;
	net.hosts[host].bytes = 0;
	ln_lock_release(&net.lock);
}

void streams_end(void)
{
	ln_lock_acquire(&net.lock);
	net.over = true;
	ln_list_for_each (at, &net.streams) {
		struct stream *stream =
			ln_container_of(at, struct stream, link);

		for (int i = 0; i < 2; i++) {
			stream->ends[i].closed = true;
			wake(&stream->ends[i].reader);
		}
	}
	ln_lock_release(&net.lock);
}

unsigned streams_count(void)
{
	unsigned count;

	ln_lock_acquire(&net.lock);
	count = net.count;
	ln_lock_release(&net.lock);
	return count;
}
