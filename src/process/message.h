/*
 * Messages: bytes and resources on the way from one process to another. A
 * message has one owner at a time; sending hands it over, nothing is copied.
 */
#ifndef LN_PROCESS_MESSAGE_H
#define LN_PROCESS_MESSAGE_H

#include <stddef.h>
#include <stdint.h>

struct ln_resource_class;

enum ln_message_kind {
	LN_MESSAGE_DATA,
	LN_MESSAGE_LINK_DIED, /* a signal turned into a message; no content */
	LN_MESSAGE_ENDED,     /* a watched process has; see ln_message_end */
	LN_MESSAGE_DRAIN,     /* see process/drain.h; no content */
};

struct ln_resource {
	const struct ln_resource_class *class; /* NULL: taken out */
	void *value;                           /* owned */
};

#define LN_MESSAGE_INLINE 64

/* What each message touches comes first, two lines of the cache. */
struct ln_message {
	struct ln_message *next; /* the mailbox's */
	int64_t tag;             /* 0: none */
	uint16_t kind;           /* enum ln_message_kind */
	uint16_t weight;         /* how many `sent` stands for; 0: that is
				  * not measured, see sched/counters.h */
	uint32_t resource_count;
	size_t size;     /* bytes written */
	size_t capacity; /* bytes that `data` has room for */
	size_t read_at;  /* where the next read begins; may be past the end */
	uint8_t *data;   /* inline_data, or allocated */
	struct ln_resource *resources;
	uint8_t inline_data[LN_MESSAGE_INLINE];
	int64_t sent; /* when it was pushed */
};

/* An empty message with room for `capacity` bytes at least, within reason: the
 * number may come from a guest. NULL when memory is short. */
struct ln_message *ln_message_new(enum ln_message_kind kind, int64_t tag,
				  uint64_t capacity);

/* The same for data in the memory of `old`, whose contents are freed, if it has
 * any: takes `old`, which may be NULL, over. */
struct ln_message *ln_message_renew(struct ln_message *old, int64_t tag,
				    uint64_t capacity);

/* A copy that has the same resources; NULL when memory is short. */
struct ln_message *ln_message_clone(const struct ln_message *message);

/* Frees it with its resources; NULL is fine. */
void ln_message_free(struct ln_message *message);

/* Appends bytes: LN_ENOMEM, LN_ELIMIT when it would be larger than `max`. */
int ln_message_write(struct ln_message *message, const void *data, size_t len,
		     uint64_t max);

/* Copies up to `len` bytes from the read position on and moves it. Stores how
 * many; LN_EINVAL when the position is past the end. */
int ln_message_read(struct ln_message *message, void *data, size_t len,
		    size_t *count);

/* Adds a resource of a class that travels, which the message then owns, and
 * stores its index. With NULL for the class: an index at which there is none.
 * LN_ENOMEM, LN_ELIMIT: the caller still owns it. */
int ln_message_push(struct ln_message *message,
		    const struct ln_resource_class *class, void *value,
		    uint64_t *index);

/* Takes a resource of that class out; the other indices stay. NULL when there
 * is none of that class at the index. */
void *ln_message_take(struct ln_message *message,
		      const struct ln_resource_class *class, uint64_t index);

/* The class of the first resource that cannot be sent to another node; NULL:
 * all can. */
const struct ln_resource_class *
ln_message_bound_class(const struct ln_message *message);

/* Bytes of host memory that the message holds. */
size_t ln_message_weight(const struct ln_message *message);

#endif
