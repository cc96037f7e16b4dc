/*
 * TCP and names. What waits makes only its own process wait. Errors of the
 * network are LUNATIC_EHOST, and lunatic_status_text tells the reason.
 *
 *	static void shout(struct lunatic_reader *argument)
 *	{
 *		struct lunatic_tcp stream = lunatic_read_tcp(argument);
 *		char data[512];
 *		size_t size;
 *
 *		while (lunatic_tcp_read(stream, data, sizeof(data), &size,
 *					LUNATIC_FOREVER) == 0 &&
 *		       size > 0) {
 *			for (size_t i = 0; i < size; i++)
 *				data[i] = (char)toupper(data[i]);
 *			if (lunatic_tcp_write(stream, data, size,
 *					      LUNATIC_FOREVER) != 0)
 *				break;
 *		}
 *	}
 *
 *	static int serve(void)
 *	{
 *		struct lunatic_listener listener;
 *		struct lunatic_tcp stream;
 *		struct lunatic_writer argument;
 *		int status = lunatic_listen(&listener, "127.0.0.1:1337");
 *
 *		while (status == 0) {
 *			status = lunatic_accept(listener, &stream, NULL);
 *			if (status != 0)
 *				break;
 *			lunatic_mail_begin(&argument, 0);
 *			lunatic_write_tcp(&argument, stream);
 *			lunatic_spawn_packed(NULL, NULL, shout, &argument);
 *		}
 *		puts(lunatic_status_text(status));
 *		return status;
 *	}
 */
#ifndef LUNATIC_NET_H
#define LUNATIC_NET_H

#include <lunatic/mailbox.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The address of a socket. */
struct lunatic_addr {
	uint32_t version; /* 4 or 6 */
	uint8_t ip[16];   /* in network order; 4 bytes of it for version 4 */
	uint16_t port;
	uint32_t flow_info; /* version 6 */
	uint32_t scope_id;  /* version 6 */
};

/* Handles, which are valid in this process only. The connection is closed when
 * the last handle of a stream is dropped, in any process. */
struct lunatic_tcp {
	uint64_t id;
};
struct lunatic_listener {
	uint64_t id;
};

#define LUNATIC_NO_TCP ((struct lunatic_tcp){ UINT64_MAX })

/*
 * Resolves host and port, such as "example.com:80" or "[::1]:80", to up to
 * `max` addresses; stores how many, at least one. LUNATIC_EHOST,
 * LUNATIC_ENOTFOUND when there are none, LUNATIC_ETIMEDOUT. Traps if the name
 * is not UTF-8.
 */
int lunatic_resolve(const char *name, struct lunatic_addr *addrs, size_t max,
		    size_t *count, int64_t timeout);

#define LUNATIC_ADDR_TEXT_MAX 64

/* Writes "127.0.0.1:80" or "[::1]:80" to `text`, which must have room for
 * LUNATIC_ADDR_TEXT_MAX bytes; that is enough for all addresses. */
void lunatic_addr_text(const struct lunatic_addr *addr, char *text);

/* Resolves a name and listens on the first of its addresses that can be bound.
 * Port 0 chooses a free port. LUNATIC_EHOST. */
int lunatic_listen(struct lunatic_listener *listener, const char *name);

/* The address that it listens on. LUNATIC_EHOST; traps if the handle is
 * invalid.
 */
int lunatic_listener_addr(struct lunatic_listener listener,
			  struct lunatic_addr *addr);

/* Waits for a connection. `peer` gets the other side's address, or is NULL.
 * LUNATIC_EHOST; traps if the handle is invalid. */
int lunatic_accept(struct lunatic_listener listener, struct lunatic_tcp *stream,
		   struct lunatic_addr *peer);

/* Stops listening. Traps if the handle is invalid. */
void lunatic_listener_drop(struct lunatic_listener listener);

/* Connects to the first of a name's addresses that answers. The timeout applies
 * to resolving and to each address. LUNATIC_EHOST, LUNATIC_ETIMEDOUT. */
int lunatic_connect(struct lunatic_tcp *stream, const char *name,
		    int64_t timeout);

/* Reads the bytes that have arrived, up to `size`, and stores how many: 0 is
 * the end of the stream, unless `size` is 0. LUNATIC_EHOST, LUNATIC_ETIMEDOUT;
 * traps if the handle is invalid. */
int lunatic_tcp_read(struct lunatic_tcp stream, void *data, size_t size,
		     size_t *got, int64_t timeout);

/* Writes all of `data`. The timeout applies to each part that can be written at
 * once. After LUNATIC_EHOST or LUNATIC_ETIMEDOUT it is unknown how much was
 * written. Traps if the handle is invalid. */
int lunatic_tcp_write(struct lunatic_tcp stream, const void *data, size_t size,
		      int64_t timeout);

/* Does nothing: written data is always sent at once. Traps if the handle is
 * invalid. */
int lunatic_tcp_flush(struct lunatic_tcp stream);

/* A second handle to a stream: one process can read while another writes. Traps
 * if the handle is invalid. */
struct lunatic_tcp lunatic_tcp_clone(struct lunatic_tcp stream);

/* Drops a handle; does nothing for LUNATIC_NO_TCP. Traps if the handle is
 * invalid otherwise. */
void lunatic_tcp_drop(struct lunatic_tcp stream);

/* Handles of streams in messages, like lunatic_write_proc and
 * lunatic_read_proc. */
void lunatic_write_tcp(struct lunatic_writer *mail, struct lunatic_tcp stream);
struct lunatic_tcp lunatic_read_tcp(struct lunatic_reader *mail);

#define LUNATIC_LINES_ROOM 512

/* Reads a stream line by line. The members are the library's own. */
struct lunatic_lines {
	struct lunatic_tcp stream;
	size_t at;
	size_t end;
	char room[LUNATIC_LINES_ROOM];
};

/* Begins to read lines. The caller still owns the stream. */
void lunatic_lines_begin(struct lunatic_lines *lines,
			 struct lunatic_tcp stream);

/*
 * Reads the next line into `line`, with a terminating zero and without the end
 * of line (LF or CR LF); zero bytes are omitted. The timeout applies to each
 * part that arrives. LUNATIC_ENOTFOUND at the end of the stream,
 * LUNATIC_ETOOLONG for a line that does not fit into `size` bytes,
 * LUNATIC_EHOST, LUNATIC_ETIMEDOUT; after these `line` has the part that was
 * read, and the next call continues after it. A last line without an end of
 * line counts as a line.
 */
int lunatic_lines_next(struct lunatic_lines *lines, char *line, size_t size,
		       int64_t timeout);

#ifdef __cplusplus
}
#endif

#endif
