/*
 * File descriptors of WASI preview 1 for what a guest holds by an id, and
 * for its mailbox: wasi/sock.c and wasi/mail.c make them, for the host
 * functions of all generations.
 */
#ifndef LN_HOST_DESCRIPTOR_H
#define LN_HOST_DESCRIPTOR_H

#include <stdbool.h>
#include <stdint.h>

struct ln_guest;
struct ln_socket;

/* Gives a TCP stream or a listener a number among the descriptors of the guest,
 * as well; it retains the socket, and is non-blocking. False: the process or
 * its environment has as many as it may, or memory is short. Tasks only. */
bool ln_descriptor_of_stream(struct ln_guest *guest, struct ln_socket *socket,
			     uint32_t *fd);
bool ln_descriptor_of_listener(struct ln_guest *guest, struct ln_socket *socket,
			       uint32_t *fd);

/* The same for its mailbox. */
bool ln_descriptor_of_mailbox(struct ln_guest *guest, uint32_t *fd);

#endif
