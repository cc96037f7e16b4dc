/*
 * The token of --observe: a text that requests must have. It is in a file that
 * only the user may read, for those who ask by a program.
 */
#ifndef LN_OBSERVE_TOKEN_H
#define LN_OBSERVE_TOKEN_H

#define LN_TOKEN_SIZE 256 /* bytes, with the end */

/* Draws one. */
void ln_token_draw(char token[LN_TOKEN_SIZE]);

/* Reads the file `path`: one line of 16 to 255 letters, digits and signs of
 * `-._~+/=`. On failure *error is one line, owned by the caller, or NULL if
 * memory was short. LN_ENOENT: no file; LN_EPERM: others may read or change it;
 * LN_EFORMAT; LN_EIO. Blocks. */
int ln_token_read(const char *path, char token[LN_TOKEN_SIZE], char **error);

/* Writes it into a new file, for the user alone, in the place of one that may
 * be there. LN_EIO, LN_ENOMEM, as above. */
int ln_token_write(const char *path, const char *token, char **error);

#endif
