/*
 * What nodes send each other through a NATS server: packets. Those of a stream
 * carry its bytes, which are TLS, and are numbered; others say that a node is
 * there. A flow counts what one end of a stream has sent and received: a number
 * that is not the next one, or more bytes than were allowed, end the stream.
 * docs/protocol.md describes the packets.
 *
 * No threads here: the caller has a lock.
 */
#ifndef LN_NATS_PACKET_H
#define LN_NATS_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LN_NATS_INCARNATION 16 /* bytes */

/* Bytes before the body. */
#define LN_NATS_HEADER 34

/* The name of a cluster: 1 to so many letters, digits, '-' and '_'. */
#define LN_NATS_CLUSTER_MAX 64

/* Bytes of a subject, with the zero at its end. */
#define LN_NATS_SUBJECT_SIZE (LN_NATS_CLUSTER_MAX + 96)

/* What a packet of data counts beside its bytes. */
#define LN_NATS_PACKET_COST 64

/* How many bytes a node may send before it is allowed more, and the bounds of
 * what it is allowed in advance. */
#define LN_NATS_WINDOW_FIRST 32768
#define LN_NATS_WINDOW_MAX 262144

enum ln_nats_kind {
	LN_NATS_HELLO = 1, /* to all: who is there? */
	LN_NATS_HERE,      /* the answer to one */
	LN_NATS_OPEN,      /* begins a stream */
	LN_NATS_DATA,      /* bytes of it, at least one */
	LN_NATS_CREDIT,    /* u64: so many may have been sent in all */
	LN_NATS_CLOSE,     /* ends a stream */
	LN_NATS_KINDS,     /* and above: none */
};

struct ln_nats_packet {
	enum ln_nats_kind kind;
	uint8_t from[LN_NATS_INCARNATION]; /* the node that says so */
	uint64_t stream; /* drawn by the node that began it; 0: none */
	uint64_t number; /* in the stream and direction, from 0 on */
	const uint8_t *body;
	size_t len;
	uint64_t credit; /* of LN_NATS_CREDIT */
};

/* Writes a packet but for its body, whose place is behind LN_NATS_HEADER. */
void ln_nats_packet_write(const struct ln_nats_packet *packet,
			  uint8_t bytes[LN_NATS_HEADER]);

/* Reads one; `body` is in `bytes`. False: it is malformed. */
bool ln_nats_packet_read(const uint8_t *bytes, size_t len,
			 struct ln_nats_packet *packet);

/* One end of a stream. */
struct ln_nats_flow {
	uint64_t next_out; /* number of the next packet */
	uint64_t next_in;
	uint64_t sent; /* bytes of data, with what packets cost */
	uint64_t allowed;
	uint64_t received;
	uint64_t consumed;
	uint64_t granted;
};

void ln_nats_flow_init(struct ln_nats_flow *flow);

/* Bytes of data that one packet may have now; 0: none may be sent. */
size_t ln_nats_flow_room(const struct ln_nats_flow *flow);

/* A packet is sent, with so many bytes of data: returns its number. */
uint64_t ln_nats_flow_send(struct ln_nats_flow *flow, enum ln_nats_kind kind,
			   size_t len);

/* A packet of the stream has arrived. NULL, or why the stream has to end. */
const char *ln_nats_flow_receive(struct ln_nats_flow *flow,
				 const struct ln_nats_packet *packet);

/* The data of a packet has been used; the other end may be so many bytes ahead.
 * True: it has to be told that flow->granted have been granted. */
bool ln_nats_flow_consume(struct ln_nats_flow *flow, size_t len, size_t window);

/* Names. Each subject is in LN_NATS_SUBJECT_SIZE bytes. */

bool ln_nats_cluster_valid(const char *name);

/* "lunatic.CLUSTER.HEX": the address of a node, the prefix of its subjects. */
void ln_nats_address(const char *cluster,
		     const uint8_t incarnation[LN_NATS_INCARNATION],
		     char *address);

/* The incarnation in an address; false: it is none of the cluster. */
bool ln_nats_address_read(const char *cluster, const char *address,
			  uint8_t incarnation[LN_NATS_INCARNATION]);

/* 16 bytes as 32 digits and a zero, and back from exactly that. */
void ln_nats_hex(const uint8_t bytes[16], char text[33]);
bool ln_nats_unhex(const char *text, uint8_t bytes[16]);

#endif
