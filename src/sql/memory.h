/*
 * SQLite's memory, counted for the connection that it is for: its owner is
 * charged before it is allocated, and refused when that would be too much.
 */
#ifndef LN_SQL_MEMORY_H
#define LN_SQL_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

struct ln_sql_account;
struct ln_sql_owner;

/* Sets the allocator, before SQLite is used at all. A result of SQLite. */
int ln_sql_memory_configure(void);

/* Makes the account of a connection; `owner` must outlive its last charge.
 * NULL: out of memory. */
struct ln_sql_account *ln_sql_account_new(const struct ln_sql_owner *owner);

/* Refunds all that the owner was charged, and lets it go. What SQLite keeps
 * of it nevertheless is charged to nobody. */
void ln_sql_account_close(struct ln_sql_account *account);

/* Refunds what has been charged in advance, except for a little. */
void ln_sql_account_trim(struct ln_sql_account *account);

/* Bytes that are allocated. */
uint64_t ln_sql_account_used(const struct ln_sql_account *account);

/* Charges for memory that several connections share; false: too much. */
bool ln_sql_account_share(struct ln_sql_account *account, uint64_t bytes);
void ln_sql_account_unshare(struct ln_sql_account *account, uint64_t bytes);

#endif
