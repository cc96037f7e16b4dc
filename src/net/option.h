/*
 * Options of sockets, each a number. Reading and setting one never parks; any
 * thread. A failure in the kernel is LN_EIO, with the errno stored through
 * `number`.
 */
#ifndef LN_NET_OPTION_H
#define LN_NET_OPTION_H

struct ln_quota;
struct ln_socket;

enum ln_socket_option {
	LN_SOCKET_BROADCAST,      /* 0 or 1, as the next three */
	LN_SOCKET_V6_ONLY,        /* of IPv6: takes no addresses of IPv4 */
	LN_SOCKET_KEEP_ALIVE,     /* of TCP, as the next three */
	LN_SOCKET_KEEP_IDLE,      /* seconds, at most 32767 */
	LN_SOCKET_KEEP_INTERVAL,  /* likewise */
	LN_SOCKET_KEEP_COUNT,     /* at most 127 */
	LN_SOCKET_RECEIVE_BUFFER, /* bytes; the kernel doubles and limits it */
	LN_SOCKET_SEND_BUFFER,
	LN_SOCKET_HOP_LIMIT, /* 1 to 255: the time to live of IPv4 as well */
};

int ln_socket_set_option(const struct ln_socket *socket,
			 enum ln_socket_option option, int value, int *number);
int ln_socket_option(const struct ln_socket *socket,
		     enum ln_socket_option option, int *value, int *number);

/* 0, or LN_EIO for a negative errno, which is stored. */
int ln_socket_conclude(int result, int *number);

/* Makes a socket of a descriptor, or a negative errno, as ln_socket_adopt does;
 * one of IPv6 takes no addresses of IPv4. */
int ln_socket_begin(int fd, unsigned version, struct ln_quota *quota,
		    struct ln_socket **socket, int *number);

#endif
