/* To whom guests may send requests. Any thread. */
#include "serve/outgoing.h"

#include <stdlib.h>
#include <string.h>

#define HTTP 80
#define HTTPS 443

static bool take_port(const char *text, uint16_t *port)
{
	unsigned long number;
	char *end;

	if (text[0] < '0' || text[0] > '9')
		return false;
	number = strtoul(text, &end, 10);
	if (*end != '\0' || number == 0 || number > UINT16_MAX)
		return false;
	*port = (uint16_t)number;
	return true;
}

/* Letters, digits, dots, dashes, and for addresses colons: nothing that could
 * end a line, or begin another part. */
static bool take_host(const char *text, size_t len, bool address,
		      char host[256])
{
	if (len == 0 || len > 255)
		return false;
	for (size_t i = 0; i < len; i++) {
		char c = text[i];

		if (c >= 'A' && c <= 'Z')
			c = (char)(c | 0x20);
		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') &&
		    c != '.' && c != '-' && c != '_' && !(address && c == ':'))
			return false;
		host[i] = c;
	}
	host[len] = '\0';
	return true;
}

bool ln_outgoing_split(const char *authority, uint16_t port, char host[256],
		       uint16_t *out)
{
	bool address = authority[0] == '[';
	const char *start = authority + address;
	size_t len = strcspn(start, address ? "]" : ":");
	const char *end = start + len;

	*out = port;
	if (address && *end++ != ']')
		return false;
	if (*end != '\0' && (*end != ':' || !take_port(end + 1, out)))
		return false;
	return take_host(start, len, address, host);
}

bool ln_outgoing_rule_parse(const char *text, struct ln_outgoing_rule *rule)
{
	return ln_outgoing_split(text, 0, rule->host, &rule->port);
}

bool ln_outgoing_allows(const struct ln_outgoing *outgoing, const char *host,
			uint16_t port)
{
	if (outgoing == NULL)
		return false;
	for (size_t i = 0; i < outgoing->count; i++) {
		const struct ln_outgoing_rule *rule = &outgoing->rules[i];

		if (strcmp(rule->host, host) == 0 &&
		    (rule->port == port ||
		     (rule->port == 0 && (port == HTTP || port == HTTPS))))
			return true;
	}
	return false;
}
