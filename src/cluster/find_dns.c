/* Asking and decoding is the C library's work: res_nsearch, ns_parserr. */
#include "cluster/find_dns.h"

#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <netdb.h>
#include <resolv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

/* Seconds for a server's answer, doubled in the second attempt. */
#define ANSWER_SECONDS 2
#define ATTEMPTS 2

#define ANSWER_MAX 65536

#define DNS_PORT 53

/* A decimal number from 1 to 65535 that ends at `end`. */
static bool parse_port(const char *text, const char *end, uint16_t *port)
{
	uint32_t number = 0;

	if (text == end || end - text > 5)
		return false;
	for (; text < end; text++) {
		if (*text < '0' || *text > '9')
			return false;
		number = number * 10 + (uint32_t)(*text - '0');
	}
	*port = (uint16_t)number;
	return number > 0 && number <= UINT16_MAX;
}

static bool is_name_byte(char byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
	       (byte >= '0' && byte <= '9') || byte == '-' || byte == '_' ||
	       byte == '.';
}

static bool parse_name(const char *text, const char *end, char *name)
{
	size_t len = (size_t)(end - text);

	if (len == 0 || len > LN_HOST_MAX)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (!is_name_byte(text[i]))
			return false;
	}
	memcpy(name, text, len);
	name[len] = '\0';
	return true;
}

static bool parse_server(const char *text, struct sockaddr_in *server)
{
	const char *end = text + strlen(text);
	const char *colon = strchr(text, ':');
	char address[INET_ADDRSTRLEN];
	uint16_t port = DNS_PORT;
	size_t len = (size_t)((colon != NULL ? colon : end) - text);

	if (len >= sizeof(address) ||
	    (colon != NULL && !parse_port(colon + 1, end, &port)))
		return false;
	memcpy(address, text, len);
	address[len] = '\0';
	server->sin_family = AF_INET;
	server->sin_port = htons(port);
	return inet_pton(AF_INET, address, &server->sin_addr) == 1;
}

bool ln_find_dns_parse(const char *text, struct ln_find_dns *dns)
{
	const char *end = strchrnul(text, '@');
	const char *colon = memchr(text, ':', (size_t)(end - text));

	memset(dns, 0, sizeof(*dns));
	if (*end == '@' && !parse_server(end + 1, &dns->server))
		return false;
	if (colon != NULL && !parse_port(colon + 1, end, &dns->port))
		return false;
	return parse_name(text, colon != NULL ? colon : end, dns->name);
}

static void add_address(const struct ln_address *address,
			struct ln_found *found)
{
	char text[LN_ADDRESS_TEXT];

	if (ln_address_unspecified(address))
		return;
	ln_address_format(address, text);
	ln_found_add(found, text, strlen(text));
}

/* Priority, weight, port, and the name of the host. */
static int add_service(ns_msg *message, ns_rr *record, struct ln_found *found)
{
	const uint8_t *data = ns_rr_rdata(*record);
	char host[LN_NODE_ADDRESS_SIZE]; /* a longer name is no host's */
	char text[LN_NODE_ADDRESS_SIZE + 8];
	int len;

	if (ns_rr_rdlen(*record) < 7)
		return LN_EFORMAT;
	if (ns_name_uncompress(ns_msg_base(*message), ns_msg_end(*message),
			       data + 6, host, sizeof(host)) < 0)
		return LN_EFORMAT;
	len = snprintf(text, sizeof(text), "%s:%u", host,
		       (unsigned)ns_get16(data + 4));
	/* A name that no host can have, such as the root ("not available at
	 * this domain"), is left out. */
	if (len > 0 && (size_t)len < sizeof(text))
		ln_found_add(found, text, (size_t)len);
	return 0;
}

static int add_record(ns_msg *message, ns_rr *record, uint16_t port,
		      struct ln_found *found)
{
	struct ln_address address = { .port = port };
	size_t len = ns_rr_type(*record) == ns_t_a ? 4 : 16;

	if (ns_rr_type(*record) == ns_t_srv)
		return add_service(message, record, found);
	if (ns_rr_rdlen(*record) != len)
		return LN_EFORMAT;
	address.version = len == 4 ? 4 : 6;
	memcpy(address.ip, ns_rr_rdata(*record), len);
	add_address(&address, found);
	return 0;
}

/* Large, so not on a stack. */
struct reading {
	ns_msg message;
	ns_rr record;
};

static int read_records(struct reading *reading, int type, uint16_t port,
			struct ln_found *found)
{
	for (int i = 0; i < ns_msg_count(reading->message, ns_s_an); i++) {
		int result = 0;

		if (ns_parserr(&reading->message, ns_s_an, i,
			       &reading->record) < 0)
			return LN_EFORMAT;
		if (ns_rr_class(reading->record) == ns_c_in &&
		    (int)ns_rr_type(reading->record) == type)
			result = add_record(&reading->message, &reading->record,
					    port, found);
		if (result < 0)
			return result;
	}
	return 0;
}

int ln_find_dns_read(const uint8_t *answer, size_t len, int type, uint16_t port,
		     struct ln_found *found)
{
	struct reading *reading = malloc(sizeof(*reading));
	int result = LN_EFORMAT;

	if (reading == NULL)
		return LN_ENOMEM;
	if (len <= ANSWER_MAX &&
	    ns_initparse(answer, (int)len, &reading->message) == 0)
		result = read_records(reading, type, port, found);
	free(reading);
	return result;
}

struct asking {
	struct __res_state state;
	uint8_t answer[ANSWER_MAX];
};

static int ask_for(struct asking *asking, const struct ln_find_dns *dns,
		   int type, uint16_t port, struct ln_found *found,
		   const char **reason)
{
	int len = res_nsearch(&asking->state, dns->name, ns_c_in, type,
			      asking->answer, sizeof(asking->answer));
	int number = asking->state.res_h_errno;

	if (len < 0 && (number == HOST_NOT_FOUND || number == NO_DATA))
		return 0;
	if (len < 0) {
		*reason = hstrerror(number);
		return LN_EIO;
	}
	if ((size_t)len > sizeof(asking->answer))
		len = sizeof(asking->answer);
	if (ln_find_dns_read(asking->answer, (size_t)len, type, port, found) ==
	    0)
		return 0;
	*reason = "the answer cannot be read";
	return LN_EIO;
}

/* Some servers never answer for AAAA, so one of the two is enough, if it names
 * any. */
static int ask_for_hosts(struct asking *asking, const struct ln_find_dns *dns,
			 uint16_t port, struct ln_found *found,
			 const char **reason)
{
	int first = ask_for(asking, dns, ns_t_a, port, found, reason);
	int second = ask_for(asking, dns, ns_t_aaaa, port, found, reason);

	if (found->count > 0 || second == 0)
		return found->count > 0 ? 0 : first;
	return second;
}

int ln_find_dns_ask(const struct ln_find_dns *dns, uint16_t port,
		    struct ln_found *found, const char **reason)
{
	struct asking *asking = calloc(1, sizeof(*asking));
	int result = 0;

	*reason = "out of memory";
	if (asking == NULL)
		return LN_ENOMEM;
	if (res_ninit(&asking->state) < 0) {
		free(asking);
		return LN_ENOMEM;
	}
	asking->state.retrans = ANSWER_SECONDS;
	asking->state.retry = ATTEMPTS;
	if (dns->server.sin_port != 0) {
		asking->state.nscount = 1;
		asking->state.nsaddr_list[0] = dns->server;
	}
	if (dns->port == 0)
		result = ask_for(asking, dns, ns_t_srv, 0, found, reason);
	if (result == 0 && found->count == 0)
		result = ask_for_hosts(asking, dns,
				       dns->port != 0 ? dns->port : port, found,
				       reason);
	res_nclose(&asking->state);
	free(asking);
	return result;
}
