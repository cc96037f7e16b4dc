/* The fields of a process. Its texts are clean already, and JSON escapes them.
 */
#include "control/fields.h"

#include <stdint.h>
#include <string.h>

#include "base/time.h"
#include "base/uuid.h"
#include "engine/host_table.h"

#define FIELD(name, heading, kind, member, width, help)     \
	{ (name),                                           \
	  (heading),                                        \
	  (kind),                                           \
	  offsetof(struct ln_process_info, member),         \
	  sizeof(((struct ln_process_info *)NULL)->member), \
	  (width),                                          \
	  (help) }

const struct ln_field ln_process_fields[] = {
	FIELD("number", "PROCESS", LN_FIELD_COUNT, number, 8,
	      "its number in this program, which no other ever has"),
	FIELD("id", "ID", LN_FIELD_UUID, id, -36, "its id, as in the log"),
	FIELD("environment", "ENV", LN_FIELD_COUNT, environment, 4,
	      "the number of its environment; that of the first process is 0"),
	FIELD("state", "STATE", LN_FIELD_STATE, state, -8,
	      "what it does or waits for"),
	FIELD("name", "NAME", LN_FIELD_TEXT, name, -20,
	      "its registered name, else its label, else the function that "
	      "it was spawned with"),
	FIELD("registered", "REGISTERED", LN_FIELD_TEXT, registered, -20,
	      "a name that it is registered under"),
	FIELD("label", "LABEL", LN_FIELD_TEXT, label, -20,
	      "the label that it has set"),
	FIELD("messages", "MESSAGES", LN_FIELD_COUNT, messages, 8,
	      "messages in its mailbox"),
	FIELD("message_bytes", "MAILBOX", LN_FIELD_BYTES, message_bytes, 8,
	      "the memory that they take"),
	FIELD("entry", "ENTRY", LN_FIELD_TEXT, entry, -20,
	      "the function that it was spawned with"),
	FIELD("engine", "ENGINE", LN_FIELD_TEXT, engine, -8,
	      "what runs it: wasmtime compiles, wasmi interprets"),
	FIELD("parent", "PARENT", LN_FIELD_UUID, parent, -36,
	      "the id of the process that spawned it; zeros: none did"),
	FIELD("cpu_ms", "CPU", LN_FIELD_TIME, cpu, 8,
	      "the time that it has run, on all processors"),
	FIELD("sent", "SENT", LN_FIELD_COUNT, sent, 10,
	      "messages that it has sent"),
	FIELD("received", "RECEIVED", LN_FIELD_COUNT, received, 10,
	      "messages that it was ever sent"),
	FIELD("dropped", "DROPPED", LN_FIELD_COUNT, dropped, 8,
	      "messages that were dropped since its mailbox was full"),
	FIELD("memory_bytes", "MEMORY", LN_FIELD_BYTES, memory, 8,
	      "its linear memory"),
	FIELD("slices", "SLICES", LN_FIELD_COUNT, slices, 8,
	      "times that it was given a processor"),
	FIELD("fuel", "FUEL", LN_FIELD_COUNT, fuel, 10,
	      "fuel that it has used, where that is metered"),
	FIELD("age_ms", "AGE", LN_FIELD_TIME, age, 6,
	      "how long ago it was started"),
	FIELD("links", "LINKS", LN_FIELD_COUNT, links, 6,
	      "processes that it is linked to"),
	{ .name = NULL },
};

const struct ln_field *ln_field_find(const char *name)
{
	for (const struct ln_field *at = ln_process_fields; at->name != NULL;
	     at++) {
		if (strcmp(at->name, name) == 0)
			return at;
	}
	return NULL;
}

static const void *member_of(const struct ln_field *field,
			     const struct ln_process_info *info)
{
	return (const char *)info + field->offset;
}

static uint64_t number_of(const struct ln_field *field,
			  const struct ln_process_info *info)
{
	uint64_t value = 0;

	/* Little-endian, as all that the program runs on. */
	memcpy(&value, member_of(field, info), field->size);
	return value;
}

bool ln_field_sorts(const struct ln_field *field)
{
	return field->kind != LN_FIELD_UUID && field->kind != LN_FIELD_STATE;
}

int ln_field_compare(const struct ln_field *field,
		     const struct ln_process_info *left,
		     const struct ln_process_info *right)
{
	uint64_t a, b;

	if (field->kind == LN_FIELD_TEXT)
		return strcmp(member_of(field, left), member_of(field, right));
	a = number_of(field, left);
	b = number_of(field, right);
	if (a != b)
		return a > b ? -1 : 1;
	return 0;
}

static json_t *text_value(const char *text)
{
	return text[0] != '\0' ? json_string(text) : json_null();
}

static json_t *value_of(const struct ln_field *field,
			const struct ln_process_info *info)
{
	const void *member = member_of(field, info);
	char id[LN_UUID_TEXT];

	switch (field->kind) {
	case LN_FIELD_TEXT:
		return text_value(member);
	case LN_FIELD_UUID:
		ln_uuid_format(member, id);
		return json_string(id);
	case LN_FIELD_STATE:
		return json_string(ln_process_state_name(info->state));
	case LN_FIELD_TIME:
		return json_integer(
			(json_int_t)(number_of(field, info) / LN_NS_PER_MS));
	default:
		return json_integer((json_int_t)number_of(field, info));
	}
}

json_t *ln_process_object(const struct ln_process_info *info)
{
	json_t *object = json_object();
	int failed = 0;

	for (const struct ln_field *at = ln_process_fields; at->name != NULL;
	     at++)
		failed |= json_object_set_new_nocheck(object, at->name,
						      value_of(at, info));
	if (failed == 0)
		return object;
	json_decref(object);
	return NULL;
}
