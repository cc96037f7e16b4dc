/*
 * The host functions of lunatic 0.7 for guests in C and C++.
 * docs/abi.md has the rules that hold for all of them: ids,
 * errors, pointers, the scratch area, tags and links.
 *
 * Made by abigen from the tables in src/host; change it there.
 */
#ifndef LUNATIC_ABI_H
#define LUNATIC_ABI_H

#ifndef __wasm32__
#error "this is for guests: build for wasm32"
#endif

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define LUNATIC_IMPORT(module, name) \
	__attribute__((__import_module__(module), __import_name__(name)))

/*
 * lunatic::error
 *
 * The text of errors. A function that returns 1 has stored the id of an error.
 */

/*
 * Tells how long the text of an error is.
 *
 * error: id of the error
 * Returns length of the text in bytes
 * Traps: the process holds no error of that id
 */
LUNATIC_IMPORT("lunatic::error", "string_size")
uint32_t lunatic_error_string_size(uint64_t error);

/*
 * Writes the text of an error, in UTF-8 and without a terminating zero, to
 * memory that has room for `string_size` bytes.
 *
 * error: id of the error
 * text: where to write
 * Traps: the process holds no error of that id
 * Traps: the text does not fit between `text` and the end of the memory
 */
LUNATIC_IMPORT("lunatic::error", "to_string")
void lunatic_error_to_string(uint64_t error, void *text);

/*
 * Forgets an error.
 *
 * error: id of the error
 * Traps: the process holds no error of that id
 */
LUNATIC_IMPORT("lunatic::error", "drop")
void lunatic_error_drop(uint64_t error);

/*
 * lunatic::version
 *
 * The version of the host functions, in three numbers. It is 0.7.5 for this
 * generation of the functions, whatever the version of the program is.
 */

/*
 * The first number of the version.
 *
 * Returns 0
 */
LUNATIC_IMPORT("lunatic::version", "major")
uint32_t lunatic_version_major(void);

/*
 * The second number of the version.
 *
 * Returns 7
 */
LUNATIC_IMPORT("lunatic::version", "minor")
uint32_t lunatic_version_minor(void);

/*
 * The third number of the version.
 *
 * Returns 5
 */
LUNATIC_IMPORT("lunatic::version", "patch")
uint32_t lunatic_version_patch(void);

/*
 * lunatic::message
 *
 * Creating, sending and receiving messages. A process sends by creating a
 * message in the scratch area, writing to it, and sending it; it receives into
 * the scratch area and reads from there.
 */

/*
 * Puts an empty data message into the scratch area.
 *
 * tag: the tag of the message, 0 for none
 * capacity: how many bytes will be written; only a hint, any value is allowed
 */
LUNATIC_IMPORT("lunatic::message", "create_data")
void lunatic_message_create_data(int64_t tag, uint64_t capacity);

/*
 * Appends bytes to the message. A message holds a bounded number of bytes.
 *
 * data: the bytes to append
 * Returns number of bytes written: all of them
 * Traps: no data message is in the scratch area
 * Traps: the message would become larger than the runtime allows
 */
LUNATIC_IMPORT("lunatic::message", "write_data")
uint32_t lunatic_message_write_data(const void *data, size_t data_len);

/*
 * Copies bytes from the reading position on, and moves the position behind
 * them.
 *
 * data: where to put the bytes
 * Returns number of bytes read: fewer than requested at the end of the message,
 *   0 behind the last byte
 * Traps: no data message is in the scratch area
 * Traps: `seek_data` moved the reading position beyond the end of the message
 */
LUNATIC_IMPORT("lunatic::message", "read_data")
uint32_t lunatic_message_read_data(void *data, size_t data_len);

/*
 * Moves the reading position. A process that passes a message on after reading
 * from it can move the position back to 0 for the receiver.
 *
 * position: the new position, in bytes from the start
 * Traps: no data message is in the scratch area
 */
LUNATIC_IMPORT("lunatic::message", "seek_data")
void lunatic_message_seek_data(uint64_t position);

/*
 * Tells the tag of the message. For the message about a failed link it is the
 * tag of the link.
 *
 * Returns the tag, 0 when there is none
 * Traps: no message is in the scratch area
 */
LUNATIC_IMPORT("lunatic::message", "get_tag")
int64_t lunatic_message_get_tag(void);

/*
 * Tells how many bytes the message has, whatever the reading position is.
 *
 * Returns the size in bytes
 * Traps: no data message is in the scratch area
 */
LUNATIC_IMPORT("lunatic::message", "data_size")
uint64_t lunatic_message_data_size(void);

/*
 * Moves a process into the message: its id becomes invalid.
 *
 * process: id of the process
 * Returns the number of the resource in the message
 * Traps: the process holds no process of that id
 * Traps: no data message is in the scratch area
 * Traps: the message would hold more resources than the runtime allows
 */
LUNATIC_IMPORT("lunatic::message", "push_process")
uint64_t lunatic_message_push_process(uint64_t process);

/*
 * Moves a process out of the message.
 *
 * index: the number of the resource in the message
 * Returns a new id of the process
 * Traps: no data message is in the scratch area
 * Traps: the resource does not exist, is not a process, or was taken before
 * Traps: the process holds as many processes as it may
 */
LUNATIC_IMPORT("lunatic::message", "take_process")
uint64_t lunatic_message_take_process(uint64_t index);

/*
 * Moves a TCP stream into the message: its id becomes invalid.
 *
 * stream: id of the TCP stream
 * Returns the number of the resource in the message
 * Traps: the process holds no TCP stream of that id
 * Traps: no data message is in the scratch area
 * Traps: the message would hold more resources than the runtime allows
 */
LUNATIC_IMPORT("lunatic::message", "push_tcp_stream")
uint64_t lunatic_message_push_tcp_stream(uint64_t stream);

/*
 * Moves a TCP stream out of the message.
 *
 * index: the number of the resource in the message
 * Returns a new id of the TCP stream
 * Traps: no data message is in the scratch area
 * Traps: the resource does not exist, is not a TCP stream, or was taken before
 * Traps: the process holds as many TCP streams as it may
 */
LUNATIC_IMPORT("lunatic::message", "take_tcp_stream")
uint64_t lunatic_message_take_tcp_stream(uint64_t index);

/*
 * Sends the message in the scratch area, which is empty afterwards. The sender
 * does not learn whether the message arrives: a message to a process that has
 * ended, or whose mailbox is full, is dropped.
 *
 * process: id of the receiver
 * Traps: no message is in the scratch area
 * Traps: the message is a signal that was received
 * Traps: the process holds no process of that id
 */
LUNATIC_IMPORT("lunatic::message", "send")
void lunatic_message_send(uint64_t process);

/*
 * Sends the message and waits for the answer: the next message to arrive that
 * has the same tag, or the next message of all if the sent one had no tag. The
 * search skips messages that are already in the mailbox, so use a new tag. The
 * answer is in the scratch area afterwards; after a timeout the area is empty.
 *
 * process: id of the receiver
 * timeout: milliseconds to wait for, 0 for no limit
 * Returns 0 when a message arrived, 9027 after a timeout
 * Traps: no message is in the scratch area
 * Traps: the message is a signal that was received
 * Traps: the process holds no process of that id
 */
LUNATIC_IMPORT("lunatic::message", "send_receive_skip_search")
uint32_t lunatic_message_send_receive_skip_search(uint64_t process,
						  uint32_t timeout);

/*
 * Makes a tag for a request: a negative number that no process has used before.
 * The mailbox accepts messages with this tag only while a request with it waits
 * for its answer; later ones are dropped. Not in lunatic 0.7.
 *
 * Returns the tag
 */
LUNATIC_IMPORT("lunatic::message", "new_tag")
int64_t lunatic_message_new_tag(void);

/*
 * Sends the message, whose tag must come from `new_tag`, and waits for the
 * answer: the next message to arrive with the same tag. Meanwhile the receiver
 * is watched as by `lunatic::process::monitor`: if it has ended, ends before it
 * answers, or its node is lost, the wait is over, and the scratch area holds the
 * message that tells so. The search skips messages that are already in the
 * mailbox. After a timeout the scratch area is empty. A later answer is dropped.
 * Not in lunatic 0.7.
 *
 * process: id of the receiver
 * timeout: milliseconds to wait for, 0 for no limit
 * Returns 0 when the answer arrived, 2 when the receiver has ended, 9027 after
 *   a timeout
 * Traps: no message is in the scratch area
 * Traps: the message is a signal that was received
 * Traps: the tag does not come from `new_tag`, or is that of a monitor
 * Traps: the process holds no process of that id
 * Traps: the process watches as many processes as it may
 */
LUNATIC_IMPORT("lunatic::message", "request")
uint32_t lunatic_message_request(uint64_t process, uint32_t timeout);

/*
 * Sends the message in the scratch area when that time has passed. The area is
 * empty afterwards. The message is not sent if this process ends before, or
 * cancels the timer. Not in lunatic 0.7.
 *
 * process: id of the receiver
 * milliseconds: how long to wait
 * Returns the id of the timer: the timers of a process count from 0. The id is
 *   invalid once the timer has sent or was cancelled
 * Traps: no message is in the scratch area
 * Traps: the message is a signal that was received
 * Traps: the process holds no process of that id
 * Traps: the process has as many timers as it may hold ids of a kind, or more
 *   bytes in their messages than a mailbox may hold
 */
LUNATIC_IMPORT("lunatic::message", "send_after")
uint64_t lunatic_message_send_after(uint64_t process, uint64_t milliseconds);

/*
 * Sends a copy of the message in the scratch area each time that interval has
 * passed, until this process ends or cancels the timer, or the receiver ends.
 * Missed times are skipped. Not in lunatic 0.7.
 *
 * process: id of the receiver
 * milliseconds: the interval, at least 1
 * Returns the id of the timer, as for `send_after`
 * Traps: the time is 0
 * Traps: the same mistakes as for `send_after`
 */
LUNATIC_IMPORT("lunatic::message", "send_every")
uint64_t lunatic_message_send_every(uint64_t process, uint64_t milliseconds);

/*
 * Cancels a timer. Not in lunatic 0.7.
 *
 * timer: id of the timer
 * Returns the milliseconds that were left; if 0, the message may already be in
 *   a mailbox. -1 if it has already sent, was cancelled, or does not exist
 */
LUNATIC_IMPORT("lunatic::message", "cancel_timer")
int64_t lunatic_message_cancel_timer(uint64_t timer);

/*
 * Takes the first message with one of the tags out of the mailbox, or the first
 * of all if no tags are given, and puts it into the scratch area. Waits while
 * there is none. A timeout leaves the scratch area unchanged.
 *
 * tags: the tags to look for
 * timeout: milliseconds to wait for, 0 for no limit
 * Returns 0 for a data message, 1 for the message of a failed link, 2 for the
 *   message of a monitor, 9027 after a timeout
 */
LUNATIC_IMPORT("lunatic::message", "receive")
uint32_t lunatic_message_receive(const int64_t *tags, size_t tags_count,
				 uint32_t timeout);

/*
 * The same as `receive`, but waits for nothing. Not in lunatic 0.7.
 *
 * tags: the tags to look for
 * Returns as that of `receive`; 9027: there is no such message
 */
LUNATIC_IMPORT("lunatic::message", "try_receive")
uint32_t lunatic_message_try_receive(const int64_t *tags, size_t tags_count);

/*
 * Gives the mailbox a file descriptor of WASI, for languages that schedule tasks
 * of their own within a process: `poll_oneoff` waits for messages, descriptors
 * and times together. It can be read when a message has come since it was last
 * read, whether that is still in the mailbox or not. Reading takes no message: it
 * gives one byte, 1. It is non-blocking, and all such descriptors of a process
 * are told together. Not in lunatic 0.7.
 *
 * Returns the descriptor; -1 if the process has as many as it may
 */
LUNATIC_IMPORT("lunatic::message", "mailbox_fd")
int32_t lunatic_message_mailbox_fd(void);

/*
 * lunatic::networking
 *
 * TCP and name resolution. Functions that wait park only the calling process.
 * Timeouts are in milliseconds, and 0 means no timeout. After a timeout a
 * function returns 9027 and has stored nothing. Addresses are of IP version 4 or
 * 6, in network order (4 or 16 bytes). Ports, flow information and scope ids are
 * plain numbers; version 4 uses only the port.

 * Clones of a stream, in one process or several, share one connection. They may
 * read and write at the same time; dropping the last of them closes the
 * connection. Data is sent at once (`TCP_NODELAY` is set).
 */

/*
 * Resolves a name to socket addresses.
 *
 * name: host and port, such as `example.com:80`, `10.0.0.1:80` or `[::1]:80`,
 *   in UTF-8
 * timeout: milliseconds to wait at most; 0 for no bound
 * id: gets the id of an iterator over the addresses, or of an error
 * Returns 0 on success, 1 on an error, 9027 after the timeout
 * Traps: the name is not UTF-8
 * Traps: the process holds as many iterators as it may
 */
LUNATIC_IMPORT("lunatic::networking", "resolve")
uint32_t lunatic_networking_resolve(const void *name, size_t name_len,
				    uint32_t timeout, uint64_t *id);

/*
 * Forgets an iterator over addresses.
 *
 * iterator: id of the iterator
 * Traps: the process holds no iterator of that id
 */
LUNATIC_IMPORT("lunatic::networking", "drop_dns_iterator")
void lunatic_networking_drop_dns_iterator(uint64_t iterator);

/*
 * Takes the next address out of an iterator.
 *
 * iterator: id of the iterator
 * version: gets 4 or 6
 * ip: gets 4 or 16 bytes; needs room for 16
 * port: gets the port, 2 bytes
 * flow_info: gets the flow information of version 6
 * scope_id: gets the scope id of version 6
 * Returns 0 on success, 1 when there are no more addresses
 * Traps: the process holds no iterator of that id
 */
LUNATIC_IMPORT("lunatic::networking", "resolve_next")
uint32_t lunatic_networking_resolve_next(uint64_t iterator, uint32_t *version,
					 void *ip, void *port,
					 uint32_t *flow_info,
					 uint32_t *scope_id);

/*
 * Listens for TCP connections.
 *
 * version: 4 or 6
 * ip: the address to bind to, 4 or 16 bytes
 * port: the port; 0 lets the system choose one, which `local_addr` tells
 * flow_info: the flow information of version 6
 * scope_id: the scope id of version 6
 * id: gets the id of the listener, or of an error
 * Returns 0 on success, 1 on an error
 * Traps: the version is neither 4 nor 6
 * Traps: the address points outside of the exported memory
 * Traps: the process holds as many listeners as it may
 */
LUNATIC_IMPORT("lunatic::networking", "tcp_bind")
uint32_t lunatic_networking_tcp_bind(uint32_t version, void *ip, uint32_t port,
				     uint32_t flow_info, uint32_t scope_id,
				     uint64_t *id);

/*
 * Stops listening.
 *
 * listener: id of the listener
 * Traps: the process holds no listener of that id
 */
LUNATIC_IMPORT("lunatic::networking", "drop_tcp_listener")
void lunatic_networking_drop_tcp_listener(uint64_t listener);

/*
 * Tells the address that a listener is bound to.
 *
 * listener: id of the listener
 * id: gets the id of an iterator with one address, or of an error
 * Returns 0 on success, 1 on an error
 * Traps: the process holds no listener of that id
 * Traps: the process holds as many iterators as it may
 */
LUNATIC_IMPORT("lunatic::networking", "local_addr")
uint32_t lunatic_networking_local_addr(uint64_t listener, uint64_t *id);

/*
 * Waits for a connection. If the system is short of descriptors, it returns an
 * error, and the connection stays in the queue.
 *
 * listener: id of the listener
 * id: gets the id of the stream, or of an error
 * peer: gets the id of an iterator with one address, that of the peer; 0 with
 *   an error
 * Returns 0 on success, 1 on an error
 * Traps: the process holds no listener of that id
 * Traps: the process holds as many streams or iterators as it may
 */
LUNATIC_IMPORT("lunatic::networking", "tcp_accept")
uint32_t lunatic_networking_tcp_accept(uint64_t listener, uint64_t *id,
				       uint64_t *peer);

/*
 * Makes a TCP connection.
 *
 * version: 4 or 6
 * ip: the address to connect to, 4 or 16 bytes
 * port: the port
 * flow_info: the flow information of version 6
 * scope_id: the scope id of version 6
 * timeout: milliseconds to wait at most; 0 for no bound
 * id: gets the id of the stream, or of an error
 * Returns 0 on success, 1 on an error, 9027 after the timeout
 * Traps: the version is neither 4 nor 6
 * Traps: the address points outside of the exported memory
 * Traps: the process holds as many streams as it may
 */
LUNATIC_IMPORT("lunatic::networking", "tcp_connect")
uint32_t lunatic_networking_tcp_connect(uint32_t version, void *ip,
					uint32_t port, uint32_t flow_info,
					uint32_t scope_id, uint32_t timeout,
					uint64_t *id);

/*
 * Drops a stream. Dropping the last one of a connection closes it.
 *
 * stream: id of the stream
 * Traps: the process holds no TCP stream of that id
 */
LUNATIC_IMPORT("lunatic::networking", "drop_tcp_stream")
void lunatic_networking_drop_tcp_stream(uint64_t stream);

/*
 * Makes a second id for a stream.
 *
 * stream: id of the stream
 * Returns a new id of the same stream
 * Traps: the process holds no TCP stream of that id
 * Traps: the process holds as many streams as it may
 */
LUNATIC_IMPORT("lunatic::networking", "clone_tcp_stream")
uint64_t lunatic_networking_clone_tcp_stream(uint64_t stream);

/*
 * Gives a stream a file descriptor of WASI as well, for languages that schedule
 * tasks of their own within a process, and wait for several descriptors with
 * `poll_oneoff`. It is non-blocking, and can be read, written and shut down.
 * The connection is closed when the descriptor is, and all its ids are dropped.
 * Not in lunatic 0.7.
 *
 * stream: id of the stream
 * Returns the descriptor; -1 if the process, or its environment, has as many as
 *   it may: one of a stream counts as two
 * Traps: the process holds no TCP stream of that id
 */
LUNATIC_IMPORT("lunatic::networking", "tcp_stream_fd")
int32_t lunatic_networking_tcp_stream_fd(uint64_t stream);

/*
 * Gives a listener a file descriptor of WASI as well, which is non-blocking and
 * can be polled. `sock_accept` takes connections from it that have a descriptor
 * only; `tcp_accept` does not wait when it is readable. Not in lunatic 0.7.
 *
 * listener: id of the listener
 * Returns the descriptor; -1 if the process, or its environment, has as many as
 *   it may
 * Traps: the process holds no listener of that id
 */
LUNATIC_IMPORT("lunatic::networking", "tcp_listener_fd")
int32_t lunatic_networking_tcp_listener_fd(uint64_t listener);

/*
 * Writes to a stream: at least one byte if there are any, and possibly not all.
 * Waits while there is no room. Uses at most 1,024 buffers.
 *
 * stream: id of the stream
 * pieces: array of buffers: address and length, 32 bits each
 * timeout: milliseconds to wait at most; 0 for no bound
 * result_id: gets the number of bytes written, or the id of an error
 * Returns 0 on success, 1 on an error, 9027 after the timeout
 * Traps: the process holds no TCP stream of that id
 * Traps: a buffer is outside of the exported memory
 */
LUNATIC_IMPORT("lunatic::networking", "tcp_write_vectored")
uint32_t lunatic_networking_tcp_write_vectored(uint64_t stream,
					       const void *pieces,
					       size_t pieces_count,
					       uint32_t timeout,
					       uint64_t *result_id);

/*
 * Reads the bytes that have arrived on a stream. Waits while there are none.
 *
 * stream: id of the stream
 * buffer: where to put the bytes
 * timeout: milliseconds to wait at most; 0 for no bound
 * result_id: gets the number of bytes read, or the id of an error; 0 means the
 *   end of the stream, or an empty buffer
 * Returns 0 on success, 1 on an error, 9027 after the timeout
 * Traps: the process holds no TCP stream of that id
 */
LUNATIC_IMPORT("lunatic::networking", "tcp_read")
uint32_t lunatic_networking_tcp_read(uint64_t stream, void *buffer,
				     size_t buffer_len, uint32_t timeout,
				     uint64_t *result_id);

/*
 * Does nothing, successfully: written data is never held back.
 *
 * stream: id of the stream
 * error: gets 0
 * Returns 0
 * Traps: the process holds no TCP stream of that id
 */
LUNATIC_IMPORT("lunatic::networking", "tcp_flush")
uint32_t lunatic_networking_tcp_flush(uint64_t stream, uint64_t *error);

/*
 * lunatic::process
 *
 * Spawning processes and keeping track of them.
 */

/*
 * Makes a configuration, from which environments can be made. A process in such
 * an environment never has more than this process has: limits that are not given
 * here are inherited from this process's environment, and higher ones are
 * reduced to them.
 *
 * max_memory: bytes that the memories and tables of a process may have together
 * max_fuel: what a process may execute, in units of 100,000 instructions; host
 *   functions count according to their work. 0: as much as this environment
 *   allows, which may be unlimited
 * Returns id of the configuration
 * Traps: the process holds as many configurations as it may
 */
LUNATIC_IMPORT("lunatic::process", "create_config")
uint64_t lunatic_process_create_config(uint64_t max_memory, uint64_t max_fuel);

/*
 * Drops a configuration. Environments made from it stay.
 *
 * config: id of the configuration
 * Traps: the process holds no configuration of that id
 */
LUNATIC_IMPORT("lunatic::process", "drop_config")
void lunatic_process_drop_config(uint64_t config);

/*
 * Allows the host functions whose `namespace::name` begins with the text, for
 * example `lunatic::message::`; the empty text allows all. A new configuration
 * allows none. A function that is not allowed can still be imported, and traps
 * when it is called. Functions that this process may not call cannot be allowed
 * to others.
 *
 * config: id of the configuration
 * prefix: the beginning, in UTF-8
 * Traps: the process holds no configuration of that id
 * Traps: the text is not valid UTF-8
 * Traps: the configuration has 256 of them, or 64 KiB of texts
 */
LUNATIC_IMPORT("lunatic::process", "allow_namespace")
void lunatic_process_allow_namespace(uint64_t config, const void *prefix,
				     size_t prefix_len);

/*
 * Grants access to a directory, which processes find open under the same path.
 * This process must have the directory open itself, or one above it; read-only
 * stays read-only.
 *
 * config: id of the configuration
 * dir: path of the directory as this process sees it, in UTF-8
 * id: gets 0, or the id of the error
 * Returns 0 for success, 1 for an error
 * Traps: the process holds no configuration of that id
 * Traps: the path is not valid UTF-8
 */
LUNATIC_IMPORT("lunatic::process", "preopen_dir")
uint32_t lunatic_process_preopen_dir(uint64_t config, const void *dir,
				     size_t dir_len, uint64_t *id);

/*
 * Adds a plugin: a module that changes each module added to the environments
 * before it is compiled (see `lunatic::plugin`). Several plugins run in the
 * order in which they were added. The process waits while the plugin is
 * compiled.
 *
 * config: id of the configuration
 * plugin: the plugin, as a binary or as text
 * id: gets 0, or the id of the error
 * Returns 0 for success, 1 for an error
 * Traps: the process holds no configuration of that id
 */
LUNATIC_IMPORT("lunatic::process", "add_plugin")
uint32_t lunatic_process_add_plugin(uint64_t config, const void *plugin,
				    size_t plugin_len, uint64_t *id);

/*
 * Makes an environment from a configuration. Its processes and memory also count
 * against the limits of this process's environment. Environments can be nested,
 * 16 levels deep by default.
 *
 * config: id of the configuration
 * id: gets the id of the environment, or of the error
 * Returns 0 for success, 1 for an error
 * Traps: the process holds no configuration of that id
 * Traps: the process holds as many environments as it may
 */
LUNATIC_IMPORT("lunatic::process", "create_environment")
uint32_t lunatic_process_create_environment(uint64_t config, uint64_t *id);

/*
 * Makes an environment on another node, below the environment of that program's
 * first process, whose permissions and limits apply. The new environment is used
 * with the same calls as any other; they wait for the other node, and fail if it
 * is lost. With the name of this process's own node this is
 * `create_environment`.
 *
 * config: id of the configuration
 * node: name of a connected node, UTF-8
 * id: gets the id of the environment, or of the error
 * Returns 0 for success, 1 for an error
 * Traps: the process holds no configuration of that id
 * Traps: the name is not UTF-8
 * Traps: the process holds as many environments as it may
 */
LUNATIC_IMPORT("lunatic::process", "create_remote_environment")
uint32_t lunatic_process_create_remote_environment(uint64_t config,
						   const void *node,
						   size_t node_len,
						   uint64_t *id);

/*
 * Drops the id of an environment. Its processes keep running.
 *
 * environment: id of the environment
 * Traps: the process holds no environment of that id
 */
LUNATIC_IMPORT("lunatic::process", "drop_environment")
void lunatic_process_drop_environment(uint64_t environment);

/*
 * Makes an id for the environment that this process runs in.
 *
 * Returns the new id
 * Traps: the process holds as many environments as it may
 */
LUNATIC_IMPORT("lunatic::process", "this_env")
uint64_t lunatic_process_this_env(void);

/*
 * Compiles a module for an environment, into which it can be spawned afterwards.
 * The process waits meanwhile. Environments take turns in compiling. Equal bytes
 * are compiled only once as long as the code is in use.
 *
 * environment: id of the environment
 * module: a wasm binary, or wasm text
 * id: gets the id of the module, or of the error
 * Returns 0 for success, 1 for an error
 * Traps: the process holds no environment of that id
 * Traps: the process holds as many modules as it may
 */
LUNATIC_IMPORT("lunatic::process", "add_module")
uint32_t lunatic_process_add_module(uint64_t environment, const void *module,
				    size_t module_len, uint64_t *id);

/*
 * Adds the module of this process to an environment, into which it can be
 * spawned afterwards. If the environment needs different code, the module is
 * compiled, and the process waits for that.
 *
 * environment: id of the environment
 * id: gets the id of the module, or of the error
 * Returns 0 for success, 1 for an error
 * Traps: the process holds no environment of that id
 * Traps: the process holds as many modules as it may
 */
LUNATIC_IMPORT("lunatic::process", "add_this_module")
uint32_t lunatic_process_add_this_module(uint64_t environment, uint64_t *id);

/*
 * Drops the id of a module. Processes that were spawned from it keep running.
 *
 * module: id of the module
 * Traps: the process holds no module of that id
 */
LUNATIC_IMPORT("lunatic::process", "drop_module")
void lunatic_process_drop_module(uint64_t module);

/*
 * Spawns a process: a new instance of the module, with a memory of its own,
 * that calls an exported function and ends when that returns.

 * The parameters of the function are encoded one after the other in 17 bytes
 * each: the type as in wasm binaries (0x7F for i32, 0x7E for i64, 0x7B for
 * v128), then the value in 16 bytes, little-endian.

 * It is an error if the module cannot be instantiated in its environment or
 * does not export the function, or if a limit is reached.
 *
 * link: if not 0, links the two processes; when the new one fails, this process
 *   is told with this number as the tag. The new one is told without a tag
 * module: id of the module
 * function: name of the exported function, in UTF-8
 * params: the encoded parameters
 * id: gets the id of the new process, or of the error
 * Returns 0 for success, 1 for an error
 * Traps: the process holds no module of that id
 * Traps: the name is not valid UTF-8
 * Traps: the parameters are not encoded as above
 * Traps: it is called from the module's start function, before the process runs
 * Traps: the process holds as many processes as it may
 */
LUNATIC_IMPORT("lunatic::process", "spawn")
uint32_t lunatic_process_spawn(int64_t link, uint64_t module,
			       const void *function, size_t function_len,
			       const void *params, size_t params_len,
			       uint64_t *id);

/*
 * Spawns a process from the module of this process. Otherwise the same as
 * `spawn`.
 *
 * link: as for `spawn`
 * function: name of the exported function, in UTF-8
 * params: the encoded parameters, as for `spawn`
 * id: gets the id of the new process, or of the error
 * Returns 0 for success, 1 for an error
 * Traps: the name is not valid UTF-8
 * Traps: the parameters are not encoded as for `spawn`
 * Traps: it is called from the module's start function, before the process runs
 * Traps: the process holds as many processes as it may
 */
LUNATIC_IMPORT("lunatic::process", "inherit_spawn")
uint32_t lunatic_process_inherit_spawn(int64_t link, const void *function,
				       size_t function_len, const void *params,
				       size_t params_len, uint64_t *id);

/*
 * Drops the id of a process. The process keeps running.
 *
 * process: id of the process
 * Traps: the process holds no process of that id
 */
LUNATIC_IMPORT("lunatic::process", "drop_process")
void lunatic_process_drop_process(uint64_t process);

/*
 * Makes a second id for a process, for example to keep one while the other is
 * moved into a message.
 *
 * process: id of the process
 * Returns the new id
 * Traps: the process holds no process of that id
 * Traps: the process holds as many processes as it may
 */
LUNATIC_IMPORT("lunatic::process", "clone_process")
uint64_t lunatic_process_clone_process(uint64_t process);

/*
 * Waits. Other processes run meanwhile.
 *
 * milliseconds: how long
 */
LUNATIC_IMPORT("lunatic::process", "sleep_ms")
void lunatic_process_sleep_ms(uint64_t milliseconds);

/*
 * Chooses what happens to this process when a linked process fails.
 *
 * trap: not 0, the default: this process dies, too. 0: it gets a message, for
 *   which `lunatic::message::receive` returns 1
 */
LUNATIC_IMPORT("lunatic::process", "die_when_link_dies")
void lunatic_process_die_when_link_dies(uint32_t trap);

/*
 * Makes an id for the process that calls.
 *
 * Returns the new id
 * Traps: the process holds as many processes as it may
 */
LUNATIC_IMPORT("lunatic::process", "this")
uint64_t lunatic_process_this(void);

/*
 * Stores the UUID of a process, which identifies it in all processes and on all
 * nodes, as a little-endian 128-bit number.
 *
 * process: id of the process
 * uuid: gets the UUID
 * Traps: the process holds no process of that id
 */
LUNATIC_IMPORT("lunatic::process", "id")
void lunatic_process_id(uint64_t process, void *uuid);

/*
 * Links this process with another one: when one of them fails, the other one is
 * told. Linking with a process that has failed tells this process at once;
 * linking with one that has ended normally has no effect.
 *
 * tag: the tag of the message about the failure, 0 for none
 * process: id of the other process
 * Traps: the process holds no process of that id
 */
LUNATIC_IMPORT("lunatic::process", "link")
void lunatic_process_link(int64_t tag, uint64_t process);

/*
 * Removes a link, whichever of the two processes made it. A failure that has
 * already happened may still be told.
 *
 * process: id of the other process
 * Traps: the process holds no process of that id
 */
LUNATIC_IMPORT("lunatic::process", "unlink")
void lunatic_process_unlink(uint64_t process);

/*
 * Ends a process, even if it catches failed links: at its next wasm instruction
 * if it computes, at once if it waits, before its first instruction if it has
 * not begun. Messages that it has sent arrive. Its links are told as of any
 * failure. If it has already ended, nothing happens. A process can kill itself.
 * Not in lunatic 0.7.
 *
 * process: id of the process
 * Traps: the process holds no process of that id
 */
LUNATIC_IMPORT("lunatic::process", "kill")
void lunatic_process_kill(uint64_t process);

/*
 * Watches a process: exactly one message reports its end, whether normal or not.
 * `lunatic::message::receive` returns 2 for it. The message comes after all
 * messages from that process, even if the mailbox is full, and at once if the
 * process has already ended. Watching does not make this process die. A process
 * may be watched several times. Not in lunatic 0.7.
 *
 * process: id of the process
 * Returns the tag of the message. Until it has come or `demonitor` was called,
 *   the mailbox accepts other messages with this tag, so it can be the tag of a
 *   request
 * Traps: the process holds no process of that id
 * Traps: the process watches as many processes as it may have links; one whose
 *   message was not received yet counts
 */
LUNATIC_IMPORT("lunatic::process", "monitor")
int64_t lunatic_process_monitor(uint64_t process);

/*
 * Ends a monitor. Afterwards the mailbox has no message with its tag, and
 * accepts none. Not in lunatic 0.7.
 *
 * tag: the result of `monitor`
 * Returns 1 if the monitor was active, 0 if it has already reported or does not
 *   exist
 */
LUNATIC_IMPORT("lunatic::process", "demonitor")
uint32_t lunatic_process_demonitor(int64_t tag);

/*
 * Gives this process a label, which is shown in reports of traps and of
 * processes. The empty text removes it. Not in lunatic 0.7.
 *
 * label: UTF-8; cut after 63 bytes
 * Traps: the text is not UTF-8
 */
LUNATIC_IMPORT("lunatic::process", "set_label")
void lunatic_process_set_label(const void *label, size_t label_len);

/*
 * Registers a process under a name and a version in an environment. All
 * processes spawned into that environment find it with `lookup`. A process
 * already registered under the same name and exactly that version is replaced.
 * When a process ends, its registrations are removed; registering a process that
 * has ended only removes the old registration.
 *
 * name: UTF-8, at most 4,096 bytes
 * version: a semantic version such as `1.2.3` or `2.0.0-beta.1+build`, at most
 *   256 bytes
 * environment: id of the environment
 * process: id of the process
 * Returns 0 for success, 1 if `version` is not a semantic version
 * Traps: `name` is longer than 4,096 bytes
 * Traps: `name` or `version` is not UTF-8
 * Traps: the process holds no environment or no process of that id
 * Traps: the environment holds as many registrations, or as many bytes of names
 *   and versions, as it may, or 4,096 versions of this name
 */
LUNATIC_IMPORT("lunatic::process", "register")
uint32_t lunatic_process_register(const void *name, size_t name_len,
				  const void *version, size_t version_len,
				  uint64_t environment, uint64_t process);

/*
 * Removes a process from the registry of an environment.
 *
 * name: the name it was registered under
 * version: exactly the version it was registered under
 * environment: id of the environment
 * Returns 0 for success, 1 if `version` is not a semantic version, 2 if there
 *   is no such process
 * Traps: `name` or `version` is not UTF-8
 * Traps: the process holds no environment of that id
 */
LUNATIC_IMPORT("lunatic::process", "unregister")
uint32_t lunatic_process_unregister(const void *name, size_t name_len,
				    const void *version, size_t version_len,
				    uint64_t environment);

/*
 * Finds a process that is registered in the environment of this process. If
 * several versions match, the highest is taken.
 *
 * name: the name it was registered under
 * query: a requirement such as `1.2.3`, which is short for `^1.2.3`, `=1.2.3`,
 *   `~1.2`, `1.*`, `*`, or `>=1.2, <1.5`, with the rules of Rust's crate
 *   `semver`; at most 4,096 bytes and 32 parts
 * id: gets an id for the process if there is one
 * Returns 0 for success, 1 if `query` is not a requirement, 2 if no process
 *   matches
 * Traps: `name` or `query` is not UTF-8
 * Traps: the process holds as many processes as it may
 */
LUNATIC_IMPORT("lunatic::process", "lookup")
uint32_t lunatic_process_lookup(const void *name, size_t name_len,
				const void *query, size_t query_len,
				uint64_t *id);

/*
 * lunatic::observe
 *
 * What the program is doing, for the server of `--observe`. Not in lunatic 0.7.
 * Only that server can call this function, in an environment that the program
 * makes for it; in all others it traps, whatever they allow.
 */

/*
 * Answers a question about the program. The answer becomes the data message in
 * the scratch area, from where it is read. The process waits meanwhile.
 *
 * question: `metrics`, `overview`, or another question of docs/observe.md; at
 *   most 4,096 bytes
 * Returns 0 if that is the answer, 1 if it is a text that tells why there is
 *   none
 * Traps: the environment is not that of the server
 * Traps: the question is longer than 4,096 bytes
 * Traps: the answer is longer than messages may be
 */
LUNATIC_IMPORT("lunatic::observe", "ask")
uint32_t lunatic_observe_ask(const void *question, size_t question_len);

/*
 * lunatic::plugin
 *
 * Changing a module before it is compiled. Only plugins can call these
 * functions. A plugin is a module that was added to a configuration with
 * `lunatic::process::add_plugin`, or to the program with `--plugin`. When a
 * module is added, each plugin is instantiated. Its export `_initialize` is
 * called if it exists, and then `lunatic_create_module_hook`, without
 * parameters, which changes the module. The next plugin works on the result. A
 * plugin may also call `lunatic::error` and `lunatic::version`, and print if
 * whoever added it may print; other functions trap. Each plugin may use about
 * 1,000,000,000 instructions and 256 MiB, and all together 10 seconds by
 * default. If a plugin traps, exits with a code other than 0 or produces an
 * invalid module, the module is not added.

 * Functions and types have indices as in wasm's binary format: functions count
 * from 0, first imported ones, then defined ones, then added ones. Indices stay
 * valid until the hook returns. Value types are bytes: 0x7f for i32, 0x7e for
 * i64, 0x7d for f32, 0x7c for f64, 0x7b for v128, 0x70 for funcref, 0x6f for
 * externref.
 */

/*
 * Adds a function to the module.
 *
 * type: number of its type
 * locals: groups of five bytes: how many locals as a u32, and their type
 * body: its instructions in wasm's binary format, with the `end` after the last
 * id: where the number of the function, or the id of an error, is stored
 * Returns 0 for success, 1 for an error
 * Traps: the process is not a plugin
 */
LUNATIC_IMPORT("lunatic::plugin", "add_function")
uint32_t lunatic_plugin_add_function(uint32_t type, const void *locals,
				     size_t locals_len, const void *body,
				     size_t body_len, uint64_t *id);

/*
 * Adds a type of functions to the module.
 *
 * params: types of the parameters, a byte for each
 * results: types of the results, a byte for each
 * id: where the number of the type, or the id of an error, is stored
 * Returns 0 for success, 1 for an error
 * Traps: the process is not a plugin
 */
LUNATIC_IMPORT("lunatic::plugin", "add_function_type")
uint32_t lunatic_plugin_add_function_type(const void *params, size_t params_len,
					  const void *results,
					  size_t results_len, uint64_t *id);

/*
 * Exports a function of the module.
 *
 * name: the name of the export, UTF-8
 * function: number of the function
 * Traps: the process is not a plugin
 * Traps: the name is not UTF-8, or there is no such function
 */
LUNATIC_IMPORT("lunatic::plugin", "add_function_export")
void lunatic_plugin_add_function_export(const void *name, size_t name_len,
					uint32_t function);

/*
 * Adds an imported function to the module. Not in lunatic 0.7.
 *
 * module: the module that it is imported from, UTF-8
 * name: its name there, UTF-8
 * type: number of its type
 * id: where the number of the function, or the id of an error, is stored
 * Returns 0 for success, 1 for an error
 * Traps: the process is not a plugin
 * Traps: a name is not UTF-8
 */
LUNATIC_IMPORT("lunatic::plugin", "add_function_import")
uint32_t lunatic_plugin_add_function_import(const void *module,
					    size_t module_len, const void *name,
					    size_t name_len, uint32_t type,
					    uint64_t *id);

/*
 * Finds a function by the name of its export or, if there is no such export, by
 * its name in the module's name section. Not in lunatic 0.7.
 *
 * name: the name
 * id: where the number of the function, or the id of an error, is stored
 * Returns 0 for success, 1 if there is none
 * Traps: the process is not a plugin
 */
LUNATIC_IMPORT("lunatic::plugin", "find_function")
uint32_t lunatic_plugin_find_function(const void *name, size_t name_len,
				      uint64_t *id);

/*
 * Tells the type of a function: the types of its parameters, a byte 0, and the
 * types of its results. Not in lunatic 0.7.
 *
 * function: number of the function
 * types: where to write; nothing is written when there is not enough room
 * Returns how many bytes the type has
 * Traps: the process is not a plugin
 * Traps: there is no such function
 */
LUNATIC_IMPORT("lunatic::plugin", "function_type")
uint32_t lunatic_plugin_function_type(uint32_t function, void *types,
				      size_t types_len);

/*
 * Adds a copy of a function. Together with `replace_function` it can wrap a
 * function: the replacement calls the copy. Not in lunatic 0.7.
 *
 * function: number of a function that is not imported
 * id: where the number of the copy, or the id of an error, is stored
 * Returns 0 for success, 1 for an error
 * Traps: the process is not a plugin
 */
LUNATIC_IMPORT("lunatic::plugin", "copy_function")
uint32_t lunatic_plugin_copy_function(uint32_t function, uint64_t *id);

/*
 * Gives a function another body, which all callers then run. Not in lunatic 0.7.
 *
 * function: number of a function that is not imported
 * locals: as in `add_function`
 * body: as in `add_function`
 * id: where the number of the function, or the id of an error, is stored
 * Returns 0 for success, 1 for an error
 * Traps: the process is not a plugin
 */
LUNATIC_IMPORT("lunatic::plugin", "replace_function")
uint32_t lunatic_plugin_replace_function(uint32_t function, const void *locals,
					 size_t locals_len, const void *body,
					 size_t body_len, uint64_t *id);

/*
 * lunatic::heap_profiler
 *
 * Calls that the plugin `heap_profiler.wasm` adds to allocators. Not in lunatic
 * 0.7. If the program was started with `--heap-profile`, each process that calls
 * these functions writes a profile when it ends; otherwise they do nothing. The
 * host takes a backtrace by calling the guest's export
 * `lunatic_heap_profiler_trace`, which traps.
 */

/*
 * Reports a new block of memory. A block already recorded at this address was
 * reported by a nested allocator call; the new record replaces it.
 *
 * address: where it is; 0: nothing was allocated
 * size: its size in bytes
 */
LUNATIC_IMPORT("lunatic::heap_profiler", "allocated")
void lunatic_heap_profiler_allocated(uint32_t address, uint32_t size);

/*
 * Reports that a block is about to be freed.
 *
 * address: where it is; unknown addresses are ignored
 */
LUNATIC_IMPORT("lunatic::heap_profiler", "freed")
void lunatic_heap_profiler_freed(uint32_t address);

/*
 * Reports that a block was made larger or smaller.
 *
 * old: where it was; 0: it is new
 * address: where it is; 0: the call failed or, if the size is 0, freed it
 * size: its new size in bytes
 */
LUNATIC_IMPORT("lunatic::heap_profiler", "reallocated")
void lunatic_heap_profiler_reallocated(uint32_t old, uint32_t address,
				       uint32_t size);

/*
 * lunatic::upgrade
 *
 * Upgrading processes that run to a new version of their module. What modules
 * export for that is in docs/upgrade.md.
 */

/*
 * Upgrades the processes of a module in the environment of this process and in
 * those below it, and waits until that is over. Each changes when it next
 * receives. The process that calls, if it is one of them, changes at its first
 * `receive` afterwards, which nobody waits for.
 *
 * module: the name of the module, in UTF-8, or the beginning of the SHA-256 of
 *   its binary, 8 hexadecimal digits or more; empty: the module of this process
 * binary: the new version
 * timeout: how many milliseconds to wait for processes that do not receive; 0:
 *   10,000
 * flags: 1: when a process fails the others go on, and none is changed back; 2:
 *   each tries, and goes on with the old version
 * counts: gets as many little-endian numbers of 64 bits as it has room for, of
 *   processes: upgraded, refused, failed, timed out, that did not receive and
 *   run the old version, ended meanwhile, changed back, that could not be
 *   changed back
 * id: gets the id of the error
 * Returns 0 if no process has failed, 1 for an error
 * Traps: the name is not valid UTF-8
 * Traps: this process may not add modules
 * Traps: it is called by a function that saves or loads the state of the
 *   process
 */
LUNATIC_IMPORT("lunatic::upgrade", "run")
uint32_t lunatic_upgrade_run(const void *module, size_t module_len,
			     const void *binary, size_t binary_len,
			     uint32_t timeout, uint32_t flags, void *counts,
			     size_t counts_len, uint64_t *id);

/*
 * lunatic::drain
 *
 * The end of the program in peace. Started with `--drain TIME`, it does not kill
 * its processes at SIGTERM: its listeners refuse new connections, processes that
 * have asked get a message, and the program ends when all of these have ended,
 * or after that time. Not in lunatic 0.7 or 0.13.
 */

/*
 * Has this process told when the program drains, by an empty data message with a
 * tag; at once when it does already. It is told once. The program then waits for
 * the end of this process. A second call changes the tag.
 *
 * tag: of the message; 0: none
 */
LUNATIC_IMPORT("lunatic::drain", "watch")
void lunatic_drain_watch(int64_t tag);

/*
 * Ends that: the program does not wait for this process. A message that has been
 * sent stays in the mailbox.
 *
 * Returns 1, or 0 when this process had not asked
 */
LUNATIC_IMPORT("lunatic::drain", "unwatch")
uint32_t lunatic_drain_unwatch(void);

/*
 * Tells what the program is doing.
 *
 * Returns 0 while it starts, 1 when it is ready, 2 while it drains, 3 when all
 *   processes are about to be killed
 */
LUNATIC_IMPORT("lunatic::drain", "state")
uint32_t lunatic_drain_state(void);

/*
 * lunatic::log
 *
 * The log of the program, on standard error: a line each, with a level, the
 * process and its environment; `--log-level` and `--log-format` choose which and
 * how. Not in lunatic 0.7 or 0.13.
 */

/*
 * Writes a line. What is above the program's level is not written. An environment
 * that writes too much loses lines, which are counted; others do not.
 *
 * level: 0 error, 1 warn, 2 info, 3 debug
 * text: cut after 8,192 bytes; what is not UTF-8, controls a terminal or breaks
 *   the line is replaced
 * Traps: `level` is above 3
 */
LUNATIC_IMPORT("lunatic::log", "write")
void lunatic_log_write(uint32_t level, const void *text, size_t text_len);

/*
 * Tells up to which level lines are written.
 *
 * Returns as `level` of `write`
 */
LUNATIC_IMPORT("lunatic::log", "level")
uint32_t lunatic_log_level(void);

/*
 * lunatic::cluster
 *
 * What all nodes of a cluster know: the nodes, and processes under names. Each
 * node has a copy, so that asking waits for nobody. A node has a number, the same
 * on all nodes, until it ends; a restarted node has another one. Not in lunatic
 * 0.7.
 */

/*
 * Tells the number of this node.
 *
 * Returns the number; 0 when this program is not a node
 */
LUNATIC_IMPORT("lunatic::cluster", "node")
uint64_t lunatic_cluster_node(void);

/*
 * Tells the numbers of the nodes: of this one first, then of those that are
 * connected.
 *
 * numbers: filled as far as it has room
 * Returns how many nodes there are; 0 when this program is not a node
 */
LUNATIC_IMPORT("lunatic::cluster", "nodes")
uint32_t lunatic_cluster_nodes(const uint64_t *numbers, size_t numbers_count);

/*
 * Tells the name of a node, for example for
 * `lunatic::process::create_remote_environment`.
 *
 * node: its number
 * name: gets the name, as much as fits
 * Returns bytes of the whole name, at most 255; -1 if the node is not connected
 */
LUNATIC_IMPORT("lunatic::cluster", "node_name")
int32_t lunatic_cluster_node_name(uint64_t node, void *name, size_t name_len);

/*
 * Tells the attributes of a node (`--node-attribute`): lines of `key=value`, of
 * which the name is the first. The first who asks about a node waits for its
 * answer.
 *
 * node: its number
 * text: gets the lines, as much as fits
 * Returns bytes of all lines, at most 8,192; -1 if the node is not connected,
 *   or does not tell
 */
LUNATIC_IMPORT("lunatic::cluster", "node_attributes")
int32_t lunatic_cluster_node_attributes(uint64_t node, void *text,
					size_t text_len);

/*
 * Has this process told which nodes come and go, by data messages with a tag: an
 * array in MessagePack of 1, the node is connected, or 2, it is lost; its number;
 * and its name. Who watches first and lists the nodes then misses none. A second call
 * changes the tag. A mailbox that is full does not get the message.
 *
 * tag: of the messages; 0: none
 * Returns 0 for success, 4 when this program is not a node
 * Traps: 1,024 processes of this node watch already
 */
LUNATIC_IMPORT("lunatic::cluster", "watch_nodes")
uint32_t lunatic_cluster_watch_nodes(int64_t tag);

/*
 * Ends that. Messages that have been sent stay in the mailbox.
 *
 * Returns 1, or 0 when this process had not asked
 */
LUNATIC_IMPORT("lunatic::cluster", "unwatch_nodes")
uint32_t lunatic_cluster_unwatch_nodes(void);

/*
 * Registers a process of this node under a name and a version in the whole
 * cluster. A name and version belong to one process; registering it again changes
 * the tag. When a process ends, or its node is lost, its registrations are
 * removed.

 * Two nodes may register the same at the same time, or while they are not
 * connected. When they hear of each other, one of the two keeps it, the same on
 * all nodes: who registered when fewer registrations were known to its node, so
 * that who was there before a split stays. The other process gets a data message
 * with its tag: an array in MessagePack of 3, the name, the version, and 0: the
 * first resource is the process that has the name now.
 *
 * name: UTF-8, at most 4,096 bytes
 * version: a semantic version, as for `lunatic::process::register`
 * process: id of the process
 * tag: of the message that tells the process that it has lost the name
 * Returns 0 for success, 1 if `version` is not a semantic version, 2 if another
 *   process has the name and version, 3 if the process is of another node, or
 *   of an environment that is neither this process's nor below it, 4 when this
 *   program is not a node
 * Traps: `name` is longer than 4,096 bytes
 * Traps: `name` or `version` is not UTF-8
 * Traps: the process holds no process of that id
 * Traps: the environment of the process has as many registrations in the
 *   cluster, or bytes of them, as it may have in its own registry; or this node
 *   has 131,072, or 1,024 versions of this name
 */
LUNATIC_IMPORT("lunatic::cluster", "register")
uint32_t lunatic_cluster_register(const void *name, size_t name_len,
				  const void *version, size_t version_len,
				  uint64_t process, int64_t tag);

/*
 * Removes a registration of a process of this node that this process could
 * register.
 *
 * name: the name it was registered under
 * version: exactly the version it was registered under
 * Returns 0 for success, 1 if `version` is not a semantic version, 2 if there
 *   is no such registration
 * Traps: `name` or `version` is not UTF-8
 */
LUNATIC_IMPORT("lunatic::cluster", "unregister")
uint32_t lunatic_cluster_unregister(const void *name, size_t name_len,
				    const void *version, size_t version_len);

/*
 * Finds a process that is registered in the cluster, on any node. If several
 * versions match, the highest is taken.
 *
 * name: the name it was registered under
 * query: a requirement, as for `lunatic::process::lookup`
 * id: gets an id for the process if there is one
 * Returns 0 for success, 1 if `query` is not a requirement, 2 if no process
 *   matches
 * Traps: `name` or `query` is not UTF-8
 * Traps: the process holds as many processes as it may
 */
LUNATIC_IMPORT("lunatic::cluster", "lookup")
uint32_t lunatic_cluster_lookup(const void *name, size_t name_len,
				const void *query, size_t query_len,
				uint64_t *id);

/*
 * Makes a process of this node a member of a group, on all nodes, until it ends
 * or leaves; again changes nothing. Groups are apart from registered names. After
 * a split the groups of both sides are one again.
 *
 * group: UTF-8, at most 4,096 bytes
 * process: id of the process
 * Returns 0 for success, 3 if this process could not register that one, 4 when
 *   this program is not a node
 * Traps: `group` is longer than 4,096 bytes, or not UTF-8
 * Traps: the process holds no process of that id
 * Traps: as for `register`, with which it is counted; a group has at most 1,024
 *   members of one node
 */
LUNATIC_IMPORT("lunatic::cluster", "join")
uint32_t lunatic_cluster_join(const void *group, size_t group_len,
			      uint64_t process);

/*
 * Ends a membership.
 *
 * group: name of the group
 * process: id of the process
 * Returns 0 for success, 2 if the process is no member, or not one that this
 *   process could register
 * Traps: `group` is not UTF-8
 * Traps: the process holds no process of that id
 */
LUNATIC_IMPORT("lunatic::cluster", "leave")
uint32_t lunatic_cluster_leave(const void *group, size_t group_len,
			       uint64_t process);

/*
 * Tells the members of a group, on all nodes. All nodes that know the same
 * members tell them in the same order.
 *
 * group: name of the group
 * ids: gets an id for each process, as far as it has room
 * Returns how many members there are
 * Traps: `group` is not UTF-8
 * Traps: the process holds as many processes as it may
 */
LUNATIC_IMPORT("lunatic::cluster", "members")
uint32_t lunatic_cluster_members(const void *group, size_t group_len,
				 const uint64_t *ids, size_t ids_count);

/*
 * Sends the message in the scratch area to one member of a group, on any node,
 * each time to the next one.
 *
 * group: name of the group
 * Returns 0 when it is on its way, 2 if the group has no members; then the
 *   message stays
 * Traps: `group` is not UTF-8
 * Traps: no data message is in the scratch area
 * Traps: the message has resources that cannot be sent to another node, if the
 *   member is on one
 */
LUNATIC_IMPORT("lunatic::cluster", "send_one")
uint32_t lunatic_cluster_send_one(const void *group, size_t group_len);

/*
 * Sends the message in the scratch area to all members of a group, on all nodes,
 * also to this process if it is one.
 *
 * group: name of the group
 * Returns to how many it was sent
 * Traps: `group` is not UTF-8
 * Traps: no data message is in the scratch area
 * Traps: the message has resources other than processes
 */
LUNATIC_IMPORT("lunatic::cluster", "send_all")
uint32_t lunatic_cluster_send_all(const void *group, size_t group_len);

/*
 * Chooses a node to spawn on, this one among them. Asked for the load, it draws
 * two of those that fit, and takes the one that runs fewer processes for each of
 * its workers.
 *
 * query: attributes that it must have, `key=value` joined by `&` as in a URL;
 *   empty: any node
 * by_load: 1: the less loaded one of two; 0: any
 * node: gets its number
 * Returns 0 for success, 1 if the query is malformed or has more than 1,024
 *   bytes, 2 if no node has these attributes, 4 when this program is not a node
 * Traps: `by_load` is above 1
 * Traps: the query is not UTF-8
 */
LUNATIC_IMPORT("lunatic::cluster", "choose_node")
uint32_t lunatic_cluster_choose_node(const void *query, size_t query_len,
				     uint32_t by_load, uint64_t *node);

/*
 * lunatic::http
 *
 * The request that this process was started to answer, by `lunatic serve` with a
 * module that exports `lunatic_http_handler`, a function without parameters and
 * results (docs/serve.md). A process has one request at most, and those that it
 * spawns have none. Not in lunatic 0.7.
 */

/*
 * Tells a part of the request line, or where it comes from.
 *
 * part: 0 the method; 1 the path with its query, as it was sent; 2 for whom it
 *   is, by the target or the field Host; 3 the address and port of the client;
 *   4 "http" or "https"
 * text: gets the part, as much as fits
 * Returns bytes of the whole part; -1 if there is none, or this process answers
 *   no request
 * Traps: `part` is above 4
 */
LUNATIC_IMPORT("lunatic::http", "request")
int32_t lunatic_exchange_request(uint32_t part, void *text, size_t text_len);

/*
 * Tells how many fields the request has.
 *
 * list: 0 those of its head; 1 its trailers
 * Returns the number; -1 if this process answers no request, or there are no
 *   trailers, which come with the end of the body
 * Traps: `list` is above 1
 */
LUNATIC_IMPORT("lunatic::http", "count_fields")
int32_t lunatic_exchange_count_fields(uint32_t list);

/*
 * Finds a field by its name, in whatever case.
 *
 * list: as in `count_fields`
 * name: its name
 * from: the index of the first one to look at
 * Returns its index; -1 if there is none
 * Traps: `list` is above 1
 */
LUNATIC_IMPORT("lunatic::http", "find_field")
int32_t lunatic_exchange_find_field(uint32_t list, const void *name,
				    size_t name_len, uint32_t from);

/*
 * Tells the name of a field, in small letters.
 *
 * list: as in `count_fields`
 * index: counted from 0, in the order in which they were sent
 * text: gets the name, as much as fits
 * Returns bytes of the whole name; -1 if there is no such field
 * Traps: `list` is above 1
 */
LUNATIC_IMPORT("lunatic::http", "field_name")
int32_t lunatic_exchange_field_name(uint32_t list, uint32_t index, void *text,
				    size_t text_len);

/*
 * Tells the value of a field.
 *
 * list: as in `count_fields`
 * index: as in `field_name`
 * text: gets the value, as much as fits
 * Returns bytes of the whole value; -1 if there is no such field
 * Traps: `list` is above 1
 */
LUNATIC_IMPORT("lunatic::http", "field_value")
int32_t lunatic_exchange_field_value(uint32_t list, uint32_t index, void *text,
				     size_t text_len);

/*
 * Reads the body of the request, or what the client sends after `upgrade`. Waits
 * until something is there.
 *
 * data: gets bytes, as many as are there
 * timeout: in milliseconds; 0: none
 * count: where the number of bytes is stored, 0 at the end; or the id of an
 *   error
 * Returns 0 for success, 1 for an error, 9027 after the timeout
 */
LUNATIC_IMPORT("lunatic::http", "read")
uint32_t lunatic_exchange_read(void *data, size_t data_len, uint32_t timeout,
			       uint64_t *count);

/*
 * Answers the request, once. The client sees it at once.
 *
 * status: from 200 to 599
 * fields: names and values by turns, each with a zero byte behind it; 1,000
 *   fields and 128 KiB at most. Fields about the connection, such as
 *   `connection` or `transfer-encoding`, are the server's to set
 * body: the beginning of the body
 * flags: 1: the body is complete, and the response has its length; 2: the
 *   response is a stream of events: `--stream-timeout` holds for it in the
 *   place of `--request-timeout`
 * count: where it is stored how much of the body was taken, 64 KiB at most; it
 *   is complete only if that is all. Or the id of an error
 * Returns 0 for success, 1 for an error
 * Traps: `flags` is above 3
 * Traps: the process may not have the memory that the response takes
 */
LUNATIC_IMPORT("lunatic::http", "respond")
uint32_t lunatic_exchange_respond(uint32_t status, const void *fields,
				  size_t fields_len, const void *body,
				  size_t body_len, uint32_t flags,
				  uint64_t *count);

/*
 * Writes more of the body, or to the client after `upgrade`. Waits while 64 KiB are
 * not sent yet.
 *
 * data: the bytes
 * timeout: in milliseconds; 0: none
 * count: where the number of bytes is stored that were taken; or the id of an
 *   error
 * Returns 0 for success, 1 for an error, 9027 after the timeout
 */
LUNATIC_IMPORT("lunatic::http", "write")
uint32_t lunatic_exchange_write(const void *data, size_t data_len,
				uint32_t timeout, uint64_t *count);

/*
 * Says that the body is complete; after `upgrade`, that nothing more is written, so
 * that the connection is closed. A process that ends without it breaks the response
 * off.
 *
 * trailers: fields as in `respond`; they are only sent in chunks
 * id: where the id of an error is stored
 * Returns 0 for success, 1 for an error
 * Traps: the process may not have the memory that the trailers take
 */
LUNATIC_IMPORT("lunatic::http", "finish")
uint32_t lunatic_exchange_finish(const void *trailers, size_t trailers_len,
				 uint64_t *id);

/*
 * Answers with 101 (Switching Protocols): from then on `read` and `write` are of the
 * connection itself. The request must ask for it, with `connection: upgrade`, and
 * have no body. When the client is gone, `read` says so, and the process has five
 * seconds to end.
 *
 * protocol: the value of the field `upgrade`
 * fields: more of them, as in `respond`
 * id: where the id of an error is stored
 * Returns 0 for success, 1 for an error
 * Traps: the process may not have the memory that the connection takes
 */
LUNATIC_IMPORT("lunatic::http", "upgrade")
uint32_t lunatic_exchange_upgrade(const void *protocol, size_t protocol_len,
				  const void *fields, size_t fields_len,
				  uint64_t *id);

/*
 * Waits until one of these is true: 1, `read` would not wait; 2, there is a message
 * in the mailbox; 4, the server is to end soon, refuses connections and waits for
 * this process.
 *
 * events: a sum of these; without a request only 2 can come to be true. With 8
 *   it only looks, and does not wait
 * timeout: in milliseconds; 0: none
 * Returns those that are true; 0 after the timeout
 * Traps: `events` is 0 or above 15
 */
LUNATIC_IMPORT("lunatic::http", "wait")
uint32_t lunatic_exchange_wait(uint32_t events, uint32_t timeout);

/*
 * lunatic::metrics
 *
 * Numbers with names, of all processes of the program: counters, gauges and
 * histograms. `--report` shows them. A name is UTF-8, of at most 255 bytes, and
 * means one number of each kind. The program keeps 10,000 of them, 16 MiB, until
 * it ends; what has a further name is dropped, which reports tell.
 */

/*
 * Adds to a counter, which begins at 0.
 *
 * name: the name of the counter
 * value: what is added, without a sign
 * Traps: the name is not UTF-8, or longer than 255 bytes
 */
LUNATIC_IMPORT("lunatic::metrics", "counter")
void lunatic_metrics_counter(const void *name, size_t name_len, uint64_t value);

/*
 * Adds 1 to a counter, which begins at 0.
 *
 * name: the name of the counter
 * Traps: the name is not UTF-8, or longer than 255 bytes
 */
LUNATIC_IMPORT("lunatic::metrics", "increment_counter")
void lunatic_metrics_increment_counter(const void *name, size_t name_len);

/*
 * Sets a gauge.
 *
 * name: the name of the gauge
 * value: its new value
 * Traps: the name is not UTF-8, or longer than 255 bytes
 */
LUNATIC_IMPORT("lunatic::metrics", "gauge")
void lunatic_metrics_gauge(const void *name, size_t name_len, double value);

/*
 * Adds to a gauge, which begins at 0.
 *
 * name: the name of the gauge
 * value: what is added
 * Traps: the name is not UTF-8, or longer than 255 bytes
 */
LUNATIC_IMPORT("lunatic::metrics", "increment_gauge")
void lunatic_metrics_increment_gauge(const void *name, size_t name_len,
				     double value);

/*
 * Subtracts from a gauge, which begins at 0.
 *
 * name: the name of the gauge
 * value: what is subtracted
 * Traps: the name is not UTF-8, or longer than 255 bytes
 */
LUNATIC_IMPORT("lunatic::metrics", "decrement_gauge")
void lunatic_metrics_decrement_gauge(const void *name, size_t name_len,
				     double value);

/*
 * Records a value in a histogram, which has buckets of a fixed size, so that its
 * percentiles are exact to 1/16. A value that is not a number is left out.
 *
 * name: the name of the histogram
 * value: the value
 * Traps: the name is not UTF-8, or longer than 255 bytes
 */
LUNATIC_IMPORT("lunatic::metrics", "histogram")
void lunatic_metrics_histogram(const void *name, size_t name_len, double value);

#undef LUNATIC_IMPORT

#ifdef __cplusplus
}
#endif

#endif
