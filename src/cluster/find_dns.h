/*
 * Nodes that DNS names. With a port, a name's A and AAAA records are the nodes;
 * without one, its SRV records are, which say the ports, or if it has none, its
 * A and AAAA records with a port that the caller knows. Names are asked of the
 * servers of resolv.conf, with its search list, or of one server that was
 * given; /etc/hosts is not looked at.
 */
#ifndef LN_CLUSTER_FIND_DNS_H
#define LN_CLUSTER_FIND_DNS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cluster/found.h"
#include "net/address.h"

struct ln_find_dns {
	char name[LN_HOST_MAX + 1];
	uint16_t port;             /* 0: of SRV records */
	struct sockaddr_in server; /* sin_port 0: those of resolv.conf */
};

/* Parses "NAME[:PORT][@SERVER[:PORT]]", where SERVER is an IPv4 address, and
 * its port 53 if it has none. False: it is none. */
bool ln_find_dns_parse(const char *text, struct ln_find_dns *dns);

/* Asks. `port`, in host order, is for a name without ports of its own. 0, also
 * if there is no such name, which has no nodes then; LN_EIO: no server has
 * answered, or could; *reason is then a constant text. Blocks, for some ten
 * seconds at most for each server. */
int ln_find_dns_ask(const struct ln_find_dns *dns, uint16_t port,
		    struct ln_found *found, const char **reason);

/* Reads an answer, any bytes, which was asked for records of that type (A, AAAA
 * or SRV); `port` is for A and AAAA. LN_EFORMAT, LN_ENOMEM. */
int ln_find_dns_read(const uint8_t *answer, size_t len, int type, uint16_t port,
		     struct ln_found *found);

#endif
