/*
 * Options of sockets of WASI 0.2: numbers that are never 0, and are limited to
 * what the kernel takes.
 *
 * Threads: the one that runs the process.
 */
#include <errno.h>

#include "base/error.h"
#include "base/time.h"
#include "host/wasi/p2/functions.h"
#include "host/wasi/p2/sockets.h"
#include "net/option.h"

/* Linux has these in seconds, and in a byte. */
#define MAX_KEEP_SECONDS 32767u
#define MAX_KEEP_COUNT 127u

/* What the kernel doubles must not be too large for it. */
#define MAX_BUFFER 0x3fffffffu

static uint64_t clamp(uint64_t value, uint64_t max)
{
	return value < max ? value : max;
}

/* Sets an option of the socket that is the first argument; `value` is 0 where
 * the guest's was. */
static int set(struct ln_p2_call *call, enum ln_socket_option option,
	       uint64_t value, bool zero)
{
	struct ln_p2_socket *net;
	uint32_t fd;
	int number = EINVAL;
	int error = ln_p2_socket_any(call, &net, &fd);
	int outcome = LN_EIO;

	if (error != 0)
		return error;
	if (net->state == LN_P2_CLOSED)
		return ln_p2_socket_none(call, 2, LN_P2_INVALID_STATE);
	if (value != 0 || zero)
		outcome = ln_socket_set_option(net->socket, option, (int)value,
					       &number);
	return ln_p2_socket_none(call, 2, ln_p2_socket_code(outcome, number));
}

/* Tells an option, as a number of `size` bytes: value * times / by. */
static int tell(struct ln_p2_call *call, enum ln_socket_option option,
		uint32_t size, uint64_t times, uint64_t by)
{
	struct ln_p2_socket *net;
	uint32_t fd;
	int number = 0;
	int value = 0;
	int error = ln_p2_socket_any(call, &net, &fd);
	int code = LN_P2_INVALID_STATE;

	if (error != 0)
		return error;
	if (net->state != LN_P2_CLOSED) {
		error = ln_socket_option(net->socket, option, &value, &number);
		code = ln_p2_socket_code(error, number);
	}
	return ln_p2_socket_number(call, 1, size, code,
				   (uint64_t)value * times / by);
}

int ln_p2_tcp_keep_alive(struct ln_p2_call *call)
{
	return tell(call, LN_SOCKET_KEEP_ALIVE, 1, 1, 1);
}

int ln_p2_tcp_set_keep_alive(struct ln_p2_call *call)
{
	return set(call, LN_SOCKET_KEEP_ALIVE, ln_p2_u32(call, 1) != 0, true);
}

/* Nanoseconds as seconds, rounded up. */
static uint64_t seconds(struct ln_p2_call *call)
{
	uint64_t ns = ln_p2_u64(call, 1);

	return clamp(ns / LN_NS_PER_S + (ns % LN_NS_PER_S != 0),
		     MAX_KEEP_SECONDS);
}

int ln_p2_tcp_keep_idle(struct ln_p2_call *call)
{
	return tell(call, LN_SOCKET_KEEP_IDLE, 8, LN_NS_PER_S, 1);
}

int ln_p2_tcp_set_keep_idle(struct ln_p2_call *call)
{
	return set(call, LN_SOCKET_KEEP_IDLE, seconds(call), false);
}

int ln_p2_tcp_keep_interval(struct ln_p2_call *call)
{
	return tell(call, LN_SOCKET_KEEP_INTERVAL, 8, LN_NS_PER_S, 1);
}

int ln_p2_tcp_set_keep_interval(struct ln_p2_call *call)
{
	return set(call, LN_SOCKET_KEEP_INTERVAL, seconds(call), false);
}

int ln_p2_tcp_keep_count(struct ln_p2_call *call)
{
	return tell(call, LN_SOCKET_KEEP_COUNT, 4, 1, 1);
}

int ln_p2_tcp_set_keep_count(struct ln_p2_call *call)
{
	return set(call, LN_SOCKET_KEEP_COUNT,
		   clamp(ln_p2_u32(call, 1), MAX_KEEP_COUNT), false);
}

int ln_p2_socket_hop_limit(struct ln_p2_call *call)
{
	return tell(call, LN_SOCKET_HOP_LIMIT, 1, 1, 1);
}

int ln_p2_socket_set_hop_limit(struct ln_p2_call *call)
{
	return set(call, LN_SOCKET_HOP_LIMIT, ln_p2_u32(call, 1) & 0xff, false);
}

int ln_p2_socket_receive_buffer(struct ln_p2_call *call)
{
	return tell(call, LN_SOCKET_RECEIVE_BUFFER, 8, 1, 2);
}

int ln_p2_socket_set_receive_buffer(struct ln_p2_call *call)
{
	return set(call, LN_SOCKET_RECEIVE_BUFFER,
		   clamp(ln_p2_u64(call, 1), MAX_BUFFER), false);
}

int ln_p2_socket_send_buffer(struct ln_p2_call *call)
{
	return tell(call, LN_SOCKET_SEND_BUFFER, 8, 1, 2);
}

int ln_p2_socket_set_send_buffer(struct ln_p2_call *call)
{
	return set(call, LN_SOCKET_SEND_BUFFER,
		   clamp(ln_p2_u64(call, 1), MAX_BUFFER), false);
}
