/* A doubly linked list whose links live inside the elements. */
#ifndef LN_BASE_LIST_H
#define LN_BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

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
	node->prev = list->prev;
	node->next = list;
	list->prev->next = node;
	list->prev = node;
}

static inline void ln_list_remove(struct ln_list *node)
{
	node->prev->next = node->next;
	node->next->prev = node->prev;
	ln_list_init(node);
}

#endif
