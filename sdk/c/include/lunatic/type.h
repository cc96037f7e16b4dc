/*
 * Typed messages: a C struct and its encoding, described once. It is encoded as
 * the array of its members, as serde's derived Serialize encodes a Rust struct.
 *
 *	struct order {
 *		uint32_t number;
 *		double price;
 *		char item[32];
 *		struct lunatic_proc buyer;
 *	};
 *
 *	LUNATIC_TYPE(order, LUNATIC_UINT(order, number),
 *		     LUNATIC_FLOAT(order, price), LUNATIC_STR(order, item),
 *		     LUNATIC_PROC(order, buyer));
 *
 *	static void place(struct lunatic_proc shop)
 *	{
 *		struct order order = { 1, 9.5, "tea", lunatic_proc_self() };
 *
 *		lunatic_send(shop, 0, &order_type, &order);
 *	}
 *
 *	static int serve(void)
 *	{
 *		struct lunatic_reader mail;
 *		struct order order;
 *
 *		if (lunatic_receive(&mail, LUNATIC_FOREVER) != LUNATIC_MESSAGE)
 *			return LUNATIC_EDIED;
 *		return lunatic_read_whole(&mail, &order_type, &order);
 *	}
 */
#ifndef LUNATIC_TYPE_H
#define LUNATIC_TYPE_H

#include <lunatic/process.h>
#include <lunatic/reader.h>
#include <lunatic/writer.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum lunatic_member_kind {
	LUNATIC_MEMBER_BOOL,
	LUNATIC_MEMBER_INT,
	LUNATIC_MEMBER_UINT,
	LUNATIC_MEMBER_FLOAT,
	LUNATIC_MEMBER_STR,
	LUNATIC_MEMBER_PROC,
	LUNATIC_MEMBER_STRUCT,
};

struct lunatic_member {
	uint8_t kind;
	uint32_t offset;
	uint32_t size;                   /* of the member */
	const struct lunatic_type *type; /* of a struct within the struct */
};

struct lunatic_type {
	const struct lunatic_member *members;
	uint32_t count;
};

/* Defines the static `name`_type, which describes struct `name`. Members are
 * written in the order of the arguments. */
#define LUNATIC_TYPE(name, ...)                                                \
	static const struct lunatic_member name##_members[] = { __VA_ARGS__ }; \
	static const struct lunatic_type name##_type                           \
		__attribute__((unused)) = {                                    \
			name##_members,                                        \
			sizeof(name##_members) / sizeof(name##_members[0])     \
		}

#define LUNATIC_MEMBER_(kind, name, member, type) \
	{ kind, offsetof(struct name, member),    \
	  sizeof(((struct name *)0)->member), type }
#define LUNATIC_BOOL(name, member) \
	LUNATIC_MEMBER_(LUNATIC_MEMBER_BOOL, name, member, NULL)
/* Integers of 8, 16, 32 and 64 bits. */
#define LUNATIC_INT(name, member) \
	LUNATIC_MEMBER_(LUNATIC_MEMBER_INT, name, member, NULL)
#define LUNATIC_UINT(name, member) \
	LUNATIC_MEMBER_(LUNATIC_MEMBER_UINT, name, member, NULL)
/* float and double. */
#define LUNATIC_FLOAT(name, member) \
	LUNATIC_MEMBER_(LUNATIC_MEMBER_FLOAT, name, member, NULL)
/* An array of char that holds a string. */
#define LUNATIC_STR(name, member) \
	LUNATIC_MEMBER_(LUNATIC_MEMBER_STR, name, member, NULL)
/* A struct lunatic_proc, which moves into the message. */
#define LUNATIC_PROC(name, member) \
	LUNATIC_MEMBER_(LUNATIC_MEMBER_PROC, name, member, NULL)
/* A struct that LUNATIC_TYPE has described as `inner`. */
#define LUNATIC_STRUCT(name, member, inner) \
	LUNATIC_MEMBER_(LUNATIC_MEMBER_STRUCT, name, member, &inner##_type)

/* Writes a struct as one value. A string that is not terminated within its
 * array is LUNATIC_EMISUSE. */
void lunatic_write_type(struct lunatic_writer *writer,
			const struct lunatic_type *type, const void *value);

/* Reads a struct as one value. After a failure the members are zeros and hold
 * no handles. Returns the reader's status. */
int lunatic_read_type(struct lunatic_reader *reader,
		      const struct lunatic_type *type, void *value);

/* The same, and nothing may follow. */
int lunatic_read_whole(struct lunatic_reader *reader,
		       const struct lunatic_type *type, void *value);

/* Sends a struct as a message. The handles in it are moved. Returns the status
 * of the writer. Traps if `to` or a handle in it is invalid. */
int lunatic_send(struct lunatic_proc to, int64_t tag,
		 const struct lunatic_type *type, const void *value);

#ifdef __cplusplus
}
#endif

#endif
