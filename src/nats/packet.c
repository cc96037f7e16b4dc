/* Packets, flows and names; see packet.h. */
#include "nats/packet.h"

#include <stdio.h>
#include <string.h>

#include "base/compiler.h"

/* The version of the packets: their first byte. */
#define VERSION 1

static const char prefix[] = "lunatic.";

static void put(uint8_t *at, uint64_t value)
{
	for (int i = 0; i < 8; i++)
		at[i] = (uint8_t)(value >> (8 * i));
}

static uint64_t get(const uint8_t *at)
{
	uint64_t value = 0;

	for (int i = 0; i < 8; i++)
		value |= (uint64_t)at[i] << (8 * i);
	return value;
}

void ln_nats_packet_write(const struct ln_nats_packet *packet,
			  uint8_t bytes[LN_NATS_HEADER])
{
	bytes[0] = VERSION;
	bytes[1] = (uint8_t)packet->kind;
	memcpy(bytes + 2, packet->from, LN_NATS_INCARNATION);
	put(bytes + 18, packet->stream);
	put(bytes + 26, packet->number);
}

/* Whether the body is as its kind says. */
static bool read_body(struct ln_nats_packet *packet)
{
	switch (packet->kind) {
	case LN_NATS_HELLO:
	case LN_NATS_HERE:
		return packet->len == 0 && packet->stream == 0 &&
		       packet->number == 0;
	case LN_NATS_OPEN:
		return packet->len == 0 && packet->stream != 0 &&
		       packet->number == 0;
	case LN_NATS_DATA:
		return packet->len > 0 && packet->stream != 0;
	case LN_NATS_CREDIT:
		if (packet->len != 8 || packet->stream == 0)
			return false;
		packet->credit = get(packet->body);
		return true;
	case LN_NATS_CLOSE:
		return packet->len == 0 && packet->stream != 0;
	default:
		return false;
	}
}

bool ln_nats_packet_read(const uint8_t *bytes, size_t len,
			 struct ln_nats_packet *packet)
{
	if (len < LN_NATS_HEADER || bytes[0] != VERSION || bytes[1] == 0 ||
	    bytes[1] >= LN_NATS_KINDS)
		return false;
	packet->kind = (enum ln_nats_kind)bytes[1];
	memcpy(packet->from, bytes + 2, LN_NATS_INCARNATION);
	packet->stream = get(bytes + 18);
	packet->number = get(bytes + 26);
	packet->body = bytes + LN_NATS_HEADER;
	packet->len = len - LN_NATS_HEADER;
	packet->credit = 0;
	return read_body(packet);
}

void ln_nats_flow_init(struct ln_nats_flow *flow)
{
	*flow = (struct ln_nats_flow){ .allowed = LN_NATS_WINDOW_FIRST,
				       .granted = LN_NATS_WINDOW_FIRST };
}

size_t ln_nats_flow_room(const struct ln_nats_flow *flow)
{
	uint64_t left = flow->allowed - flow->sent;

	ln_assert(flow->sent <= flow->allowed);
	return left > LN_NATS_PACKET_COST ? (size_t)(left - LN_NATS_PACKET_COST)
					  : 0;
}

uint64_t ln_nats_flow_send(struct ln_nats_flow *flow, enum ln_nats_kind kind,
			   size_t len)
{
	if (kind == LN_NATS_DATA) {
		ln_assert(len > 0 && len <= ln_nats_flow_room(flow));
		flow->sent += len + LN_NATS_PACKET_COST;
	}
	return flow->next_out++;
}

/* What may be sent never becomes less, and is never far ahead. */
static const char *take_credit(struct ln_nats_flow *flow, uint64_t credit)
{
	if (credit < flow->allowed || credit > flow->sent + LN_NATS_WINDOW_MAX)
		return "the other side allows what it cannot";
	flow->allowed = credit;
	return NULL;
}

static const char *take_data(struct ln_nats_flow *flow, size_t len)
{
	uint64_t cost = (uint64_t)len + LN_NATS_PACKET_COST;

	if (cost > flow->granted - flow->received)
		return "the other side sends more than it may";
	flow->received += cost;
	return NULL;
}

const char *ln_nats_flow_receive(struct ln_nats_flow *flow,
				 const struct ln_nats_packet *packet)
{
	if (packet->number > flow->next_in)
		return "packets were lost on the way";
	if (packet->number < flow->next_in)
		return "a packet came again";
	flow->next_in++;
	switch (packet->kind) {
	case LN_NATS_DATA:
		return take_data(flow, packet->len);
	case LN_NATS_CREDIT:
		return take_credit(flow, packet->credit);
	case LN_NATS_OPEN:
	case LN_NATS_CLOSE:
		return NULL;
	default:
		return "a packet that is in no stream";
	}
}

bool ln_nats_flow_consume(struct ln_nats_flow *flow, size_t len, size_t window)
{
	flow->consumed += len + LN_NATS_PACKET_COST;
	ln_assert(flow->consumed <= flow->received);
	ln_assert(window >= LN_NATS_WINDOW_FIRST &&
		  window <= LN_NATS_WINDOW_MAX);
	if (flow->granted > flow->consumed + window / 2)
		return false;
	flow->granted = flow->consumed + window;
	return true;
}

bool ln_nats_cluster_valid(const char *name)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789-_";
	size_t len = strlen(name);

	return len >= 1 && len <= LN_NATS_CLUSTER_MAX &&
	       strspn(name, letters) == len;
}

void ln_nats_hex(const uint8_t bytes[16], char text[33])
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < 16; i++) {
		text[2 * i] = digits[bytes[i] >> 4];
		text[2 * i + 1] = digits[bytes[i] & 15];
	}
	text[32] = '\0';
}

/* The value of a digit as ln_nats_hex writes it; -1: none. */
static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool ln_nats_unhex(const char *text, uint8_t bytes[16])
{
	for (size_t i = 0; i < 16; i++) {
		int high = digit(text[2 * i]);
		int low = high < 0 ? -1 : digit(text[2 * i + 1]);

		if (low < 0)
			return false;
		bytes[i] = (uint8_t)(high * 16 + low);
	}
	return text[32] == '\0';
}

void ln_nats_address(const char *cluster,
		     const uint8_t incarnation[LN_NATS_INCARNATION],
		     char *address)
{
	char hex[33];

	ln_nats_hex(incarnation, hex);
	snprintf(address, LN_NATS_SUBJECT_SIZE, "%s%s.%s", prefix, cluster,
		 hex);
}

bool ln_nats_address_read(const char *cluster, const char *address,
			  uint8_t incarnation[LN_NATS_INCARNATION])
{
	size_t len = strlen(cluster);

	if (strncmp(address, prefix, strlen(prefix)) != 0)
		return false;
	address += strlen(prefix);
	return strncmp(address, cluster, len) == 0 && address[len] == '.' &&
	       ln_nats_unhex(address + len + 1, incarnation);
}
