/*
 * Messages to the supervisor that started the program, as sd_notify(3) sends
 * them: a datagram of lines such as READY=1, to the socket that NOTIFY_SOCKET
 * names, a path or an abstract name (@).
 */
#ifndef LN_BASE_NOTIFY_H
#define LN_BASE_NOTIFY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

struct ln_notify {
	int fd; /* -1: there is nobody to tell */
	struct sockaddr_un address;
	socklen_t address_len;
	int64_t watchdog; /* nanoseconds between two WATCHDOG=1; 0: none */
};

/* Reads NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID. False: a value is wrong,
 * which is then as if it were not set; *wrong is the name of that variable. */
bool ln_notify_open(struct ln_notify *notify, const char **wrong);

/* Sends lines; the last one needs no end. Never waits: false when there is
 * nobody, or the message is lost. Any thread. */
bool ln_notify_send(const struct ln_notify *notify, const char *lines);

void ln_notify_close(struct ln_notify *notify);

#endif
