/*
 * DESIGN
 * Small contents live in the message itself, so that a typical message is one
 * allocation. What is large is copied and freed in pieces (sched/bulk.h), and
 * so are many resources. Meanwhile the message belongs to the task alone.
 */
#include "process/message.h"

#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "base/error.h"
#include "process/resource.h"
#include "sched/bulk.h"
#include "sched/task.h"

/* Room made because a guest said so; more comes as it is filled. */
#define CAPACITY_HINT_MAX ((uint64_t)1 << 20)
#define MIN_RESOURCES 4
#define RESOURCES_MAX 65536u
#define REST_AFTER 256 /* resources that are released before others may run */

static void init(struct ln_message *message, enum ln_message_kind kind,
		 int64_t tag, uint64_t capacity)
{
	message->next = NULL;
	message->tag = tag;
	message->kind = (uint16_t)kind;
	message->weight = 0;
	message->resource_count = 0;
	message->size = 0;
	message->capacity = LN_MESSAGE_INLINE;
	message->read_at = 0;
	message->data = message->inline_data;
	message->resources = NULL;
	if (capacity > LN_MESSAGE_INLINE) {
		size_t room = capacity > CAPACITY_HINT_MAX ? CAPACITY_HINT_MAX
							   : (size_t)capacity;
		uint8_t *data = malloc(room);

		if (data != NULL) { /* else: only a hint */
			message->data = data;
			message->capacity = room;
		}
	}
}

struct ln_message *ln_message_new(enum ln_message_kind kind, int64_t tag,
				  uint64_t capacity)
{
	struct ln_message *message = malloc(sizeof(*message));

	if (message != NULL)
		init(message, kind, tag, capacity);
	return message;
}

static void empty(struct ln_message *message)
{
	for (uint32_t i = 0; i < message->resource_count; i++) {
		struct ln_resource *resource = &message->resources[i];

		if (resource->class != NULL)
			resource->class->release(resource->value);
		if (i % REST_AFTER == REST_AFTER - 1)
			ln_task_rest_if_free();
	}
	if (message->resources != NULL)
		free(message->resources);
	if (message->data != message->inline_data)
		ln_bulk_free(message->data, message->capacity);
}

struct ln_message *ln_message_renew(struct ln_message *old, int64_t tag,
				    uint64_t capacity)
{
	if (old == NULL)
		return ln_message_new(LN_MESSAGE_DATA, tag, capacity);
	empty(old);
	init(old, LN_MESSAGE_DATA, tag, capacity);
	return old;
}

void ln_message_free(struct ln_message *message)
{
	if (message == NULL)
		return;
	empty(message);
	free(message);
}

/* Adds a reference of its own to what another message has. */
static int push_copy(struct ln_message *message, struct ln_resource resource)
{
	uint64_t index;
	int error;

	if (resource.class != NULL)
		resource.value = resource.class->retain(resource.value);
	error = ln_message_push(message, resource.class, resource.value,
				&index);
	if (error < 0 && resource.class != NULL)
		resource.class->release(resource.value);
	return error;
}

struct ln_message *ln_message_clone(const struct ln_message *message)
{
	struct ln_message *copy =
		ln_message_new(message->kind, message->tag, message->size);

	if (copy == NULL || ln_message_write(copy, message->data, message->size,
					     UINT64_MAX) < 0)
		goto fail;
	copy->read_at = message->read_at;
	for (uint32_t i = 0; i < message->resource_count; i++) {
		if (push_copy(copy, message->resources[i]) < 0)
			goto fail;
	}
	return copy;
fail:
	ln_message_free(copy);
	return NULL;
}

LN_NOINLINE static int make_room(struct ln_message *message, size_t needed)
{
	size_t capacity = message->capacity * 2;
	uint8_t *data;

	if (capacity < needed)
		capacity = needed;
	if (message->data == message->inline_data) {
		data = malloc(capacity);
		if (data != NULL)
			memcpy(data, message->inline_data, message->size);
	} else {
		data = ln_bulk_resize(message->data, message->capacity,
				      message->size, capacity);
	}
	if (data == NULL)
		return LN_ENOMEM;
	message->data = data;
	message->capacity = capacity;
	return 0;
}

int ln_message_write(struct ln_message *message, const void *data, size_t len,
		     uint64_t max)
{
	if (len == 0)
		return 0;
	if (message->size > max || len > max - message->size)
		return LN_ELIMIT;
	ln_assert(message->size <= message->capacity);
	if (len > message->capacity - message->size) {
		int error = make_room(message, message->size + len);

		if (error < 0)
			return error;
	}
	ln_bulk_copy(message->data + message->size, data, len);
	message->size += len;
	return 0;
}

int ln_message_read(struct ln_message *message, void *data, size_t len,
		    size_t *count)
{
	size_t left;

	if (message->read_at > message->size)
		return LN_EINVAL;
	left = message->size - message->read_at;
	if (len > left)
		len = left;
	if (len > 0)
		ln_bulk_copy(data, message->data + message->read_at, len);
	message->read_at += len;
	*count = len;
	return 0;
}

/* How many resources a message with `count` has room for. */
static uint32_t room_for(uint32_t count)
{
	uint32_t room = MIN_RESOURCES;

	if (count == 0)
		return 0;
	while (room < count)
		room *= 2;
	return room;
}

int ln_message_push(struct ln_message *message,
		    const struct ln_resource_class *class, void *value,
		    uint64_t *index)
{
	ln_assert(class == NULL || (class->travels && value != NULL));
	if (message->resource_count == RESOURCES_MAX)
		return LN_ELIMIT;
	if (message->resource_count == room_for(message->resource_count)) {
		uint32_t room = room_for(message->resource_count + 1);
		struct ln_resource *resources =
			realloc(message->resources, room * sizeof(*resources));

		if (resources == NULL)
			return LN_ENOMEM;
		message->resources = resources;
	}
	ln_assert(message->resources != NULL);
	*index = message->resource_count;
	message->resources[message->resource_count++] =
		(struct ln_resource){ .class = class, .value = value };
	return 0;
}

void *ln_message_take(struct ln_message *message,
		      const struct ln_resource_class *class, uint64_t index)
{
	struct ln_resource *resource;

	ln_assert(class == NULL || class->travels);
	if (index >= message->resource_count)
		return NULL;
	resource = &message->resources[index];
	if (resource->class != class)
		return NULL;
	resource->class = NULL;
	return resource->value;
}

const struct ln_resource_class *
ln_message_bound_class(const struct ln_message *message)
{
	for (uint32_t i = 0; i < message->resource_count; i++) {
		const struct ln_resource_class *class =
			message->resources[i].class;

		if (class != NULL && !class->crosses_nodes)
			return class;
	}
	return NULL;
}

size_t ln_message_weight(const struct ln_message *message)
{
	size_t weight = sizeof(*message);

	if (message->data != message->inline_data)
		weight += message->capacity;
	return weight +
	       room_for(message->resource_count) * sizeof(*message->resources);
}
