/* Packets and messages; see line.h. */
#include "nats/line.h"

#if LUNATIC_NATS

#include <stdio.h>
#include <string.h>

#include "nats/hub.h"

natsStatus ln_nats_line_publish(const struct ln_nats_line *line,
				const struct ln_nats_out *out)
{
	const struct ln_nats_library *library = line->library;
	const char *cluster = ln_nats_hub_cluster(line->hub);
	char subject[LN_NATS_SUBJECT_SIZE + 8];
	char answer[2 * LN_NATS_SUBJECT_SIZE];
	char token[33];

	if (out->everyone) {
		snprintf(subject, sizeof(subject), "lunatic.%s.all", cluster);
	} else {
		ln_nats_address(cluster, out->to, subject);
		strncat(subject, ".in", 4);
	}
	if (!out->probe)
		return library->natsConnection_Publish(
			line->connection, subject, out->data, (int)out->len);
	ln_nats_hex(out->token, token);
	snprintf(answer, sizeof(answer), "%s.gone.%s",
		 ln_nats_hub_address(line->hub), token);
	return library->natsConnection_PublishRequest(
		line->connection, subject, answer, out->data, (int)out->len);
}

/* The token in the subject of an answer; false: it is another subject. */
static bool token_of(const struct ln_nats_line *line, const char *subject,
		     uint8_t token[LN_NATS_INCARNATION])
{
	static const char gone[] = ".gone.";
	const char *address = ln_nats_hub_address(line->hub);
	size_t len = strlen(address);

	return strncmp(subject, address, len) == 0 &&
	       strncmp(subject + len, gone, strlen(gone)) == 0 &&
	       ln_nats_unhex(subject + len + strlen(gone), token);
}

void ln_nats_line_receive(const struct ln_nats_line *line, natsMsg *message)
{
	const struct ln_nats_library *library = line->library;
	uint8_t token[LN_NATS_INCARNATION];
	int len = library->natsMsg_GetDataLength(message);

	if (len > 0)
		ln_nats_hub_receive(
			line->hub,
			(const uint8_t *)library->natsMsg_GetData(message),
			(size_t)len);
	else if (library->natsMsg_IsNoResponders(message) &&
		 token_of(line, library->natsMsg_GetSubject(message), token))
		ln_nats_hub_unreachable(line->hub, token);
}

#endif
