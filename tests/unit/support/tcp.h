/*
 * Calls of src/net for tests: one call, on a task of its own, whose results the
 * test looks at; plain blocking sockets for the other end; and a count of
 * descriptors, so that none is left behind.
 */
#ifndef LN_TEST_SUPPORT_TCP_H
#define LN_TEST_SUPPORT_TCP_H

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "net/address.h"
#include "support/tasks.h"

struct ln_sched;
struct ln_socket;

struct test_call {
	struct test_task task;
	struct ln_socket *socket; /* used by the call, or made by it */
	struct ln_address address;
	int64_t deadline;
	struct ln_quota *quota; /* NULL: no bound */
	char *data;
	size_t len;
	size_t count;
	int result;
	int number;
};

/* The calls, for test_call_start; each stores its result. */
void test_listen(void *call);
void test_accept(void *listener_call);
void test_connect(void *call);
void test_read(void *call);
void test_peek(void *call);
void test_write(void *call); /* two pieces */
void test_write_whole(void *call);
void test_release(void *call);
void test_udp_bind(void *call);
void test_udp_receive(void *call); /* address: gets the sender's */
void test_udp_send(void *call);    /* to the address */
void test_udp_send_connected(void *call);

/* Starts one of them; *call holds what it needs. */
void test_call_start(struct ln_sched *sched, struct test_call *call,
		     void (*body)(void *));

/* The same, and waits until it is over; returns its result. */
int test_call(struct ln_sched *sched, struct test_call *call,
	      void (*body)(void *));

/* A listener on the loopback, at a port that the system chose. */
struct ln_socket *test_listener(struct ln_sched *sched,
				struct ln_address *address);

/* The same for a UDP socket. */
struct ln_socket *test_udp_socket(struct ln_sched *sched,
				  struct ln_address *address);

/* A stream, and its plain, blocking other end. */
struct ln_socket *test_stream(struct ln_sched *sched, int *peer);

void test_drop(struct ln_sched *sched, struct ln_socket *socket);

/* A scheduler of two workers for one test, which notes the descriptors that are
 * open; and its end, at which there must be as many. */
struct ln_sched *test_net_begin(void);
void test_net_finish(struct ln_sched *sched);

/* Open descriptors of this program. */
unsigned test_descriptors(void);

#endif
