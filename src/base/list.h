/* A doubly linked list whose links live inside the elements. */
#ifndef LN_BASE_LIST_H
#define LN_BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/compiler.h"

struct ln_list {
	struct ln_list *next;
	struct ln_list *prev;
};

static inline void ln_list_init(struct ln_list *list)
{
	list->next = list;
	list->prev = list;
}

static inline bool ln_list_empty(const struct ln_list *list)
{
	return list->next == list;
}

static inline void ln_list_append(struct ln_list *list, struct ln_list *node)
{
	ln_assert(list->prev->next == list);
	node->prev = list->prev;
	node->next = list;
	list->prev->next = node;
	list->prev = node;
}

static inline void ln_list_remove(struct ln_list *node)
{
	ln_assert(node->prev->next == node && node->next->prev == node);
	node->prev->next = node->next;
	node->next->prev = node->prev;
	ln_list_init(node);
}

/* Goes through the links of a list; `at` may be removed from it only when the
 * loop is left then. */
#define ln_list_for_each(at, list) \
	for (struct ln_list *at = (list)->next; at != (list); at = at->next)

/* The same; `at` may be removed, and freed. */
#define ln_list_for_each_safe(at, after, list)                     \
	for (struct ln_list *at = (list)->next, *after = at->next; \
	     at != (list); at = after, after = at->next)

#endif
