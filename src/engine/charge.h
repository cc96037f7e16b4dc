/*
 * Memory that the host keeps for a guest, counted as memory of its instance.
 * For those who need to know nothing else about the engine.
 */
#ifndef LN_ENGINE_CHARGE_H
#define LN_ENGINE_CHARGE_H

#include <stdbool.h>
#include <stdint.h>

struct ln_instance;

/* Charges the instance for `bytes` of memory. False, and nothing is charged:
 * that would be over one of its limits. By the process itself, as the other
 * two. */
bool ln_instance_charge(struct ln_instance *instance, uint64_t bytes);

/* Charges in any case, see ln_account_add. */
void ln_instance_add(struct ln_instance *instance, uint64_t bytes);

/* Gives bytes back. */
void ln_instance_refund(struct ln_instance *instance, uint64_t bytes);

#endif
