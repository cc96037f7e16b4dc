/* The text form of a UUID. */
#ifndef LN_BASE_UUID_H
#define LN_BASE_UUID_H

#include <stdint.h>

#define LN_UUID_TEXT 37 /* bytes, with the terminating zero */

/* Writes "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx". */
void ln_uuid_format(const uint8_t id[16], char text[LN_UUID_TEXT]);

#endif
