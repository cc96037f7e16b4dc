/*
 * Address space for memories of the fast tier: slots with room for 4 GiB and
 * inaccessible addresses behind it, so that compiled code needs no checks of
 * bounds. They are made once and used for ever. A slot may be mapped to a
 * backing (backing.h): then it begins each life with that content, and stays
 * mapped to it. Only the pages that lives are known to write are writable
 * then; another one becomes so when it is first written, in ln_slots_fault.
 *
 * A slot that is taken is used by one thread at a time.
 */
#ifndef LN_ENGINE_SLOTS_H
#define LN_ENGINE_SLOTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ln_backing;
struct ln_slot;
struct ln_slots;
struct ln_sweep;

/* A 32-bit address plus a small offset always lands inside. */
#define LN_SLOT_RESERVED ((size_t)4 << 30)
#define LN_SLOT_GUARD ((size_t)32 << 20)

/* What is called between pieces of long work; NULL: nothing. */
struct ln_rest {
	void (*call)(void *argument);
	void *argument;
};

/* The sweep must outlive it. Maps nothing yet. LN_ENOMEM. */
int ln_slots_new(const struct ln_sweep *sweep, struct ln_slots **slots);

/* Unmaps all; none may be taken. NULL is fine. */
void ln_slots_free(struct ln_slots *slots);

/* How many the fast tier may have; 0: there is none. And how many are taken.
 * Any thread. */
uint32_t ln_slots_max(const struct ln_slots *slots);
uint32_t ln_slots_taken(const struct ln_slots *slots);

/* Lowers how many there may be, for tests. Before the first one is taken. */
void ln_slots_lower(struct ln_slots *slots, uint32_t max);

/* The same, for reports. */
struct ln_slots_tally {
	uint32_t max;
	uint32_t taken;    /* those of ended instances that wait included */
	uint64_t held;     /* bytes, see ln_slots_held */
	uint32_t mappings; /* of the kernel, about */
};
void ln_slots_tell(const struct ln_slots *slots, struct ln_slots_tally *tally);

/* A slot whose first `size` bytes are accessible, with the content of the
 * backing; NULL: zero. It is as ln_slot_begin leaves it. NULL: the tier has
 * none left; with `beyond`: the kernel has no more addresses or mappings. Any
 * thread. */
struct ln_slot *ln_slot_take(struct ln_slots *slots, struct ln_backing *backing,
			     size_t size, bool beyond);

/* Gives it back, whatever it holds. */
void ln_slot_give(struct ln_slot *slot, const struct ln_rest *rest);

/* Where it is, and how many bytes are accessible. */
uint8_t *ln_slot_base(const struct ln_slot *slot, size_t *size);

/* What the page that begins `offset` bytes into it holds once the kernel has
 * taken it back: that of the backing; NULL: zero. It never changes within a
 * life. */
const uint8_t *ln_slot_original(const struct ln_slot *slot, size_t offset);

/* Gives one that was taken without a backing another first size; what it holds
 * is zero. False: the kernel refuses. */
bool ln_slot_fit(struct ln_slot *slot, size_t size);

/* Makes it accessible up to `size`, more than now and at most LN_SLOT_RESERVED;
 * what is new is zero. False: the kernel refuses. */
bool ln_slot_grow(struct ln_slot *slot, size_t size);

/* The end of a life: gives it the size and the content that a life begins with,
 * from now on those of the backing; NULL: zero. False: the kernel refuses, and
 * it is to be given back. */
bool ln_slot_end(struct ln_slot *slot, struct ln_backing *backing,
		 const struct ln_rest *rest);

/* The beginning of another life after that, when pages become writable that
 * others have learned of. */
bool ln_slot_begin(struct ln_slot *slot);

/* Bytes that it may hold at its end, but for those that are counted by
 * ln_slots_held. */
#define LN_SLOT_WEIGHT ((uint64_t)96 << 10)

/* Bytes of pages that slots hold which wait for a life, beyond their weight. */
uint64_t ln_slots_held(const struct ln_slots *slots);

/* Before a backing is freed: no free slot is mapped to it any more, and none
 * may be taken. */
void ln_slots_forget(struct ln_slots *slots, struct ln_backing *backing);

/* Before the kernel writes into a memory, which it refuses where a page is not
 * writable: makes what lies in a slot writable. In the thread that uses the
 * memory. */
void ln_slots_open(const void *at, size_t len);

/* In a handler of SIGSEGV: whether the fault was the first write into a page of
 * a slot, which is writable now. Changes errno. */
bool ln_slots_fault(uintptr_t address);

#endif
