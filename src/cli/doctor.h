/* What `lunatic doctor` finds, and says. In the main thread. */
#ifndef LN_CLI_DOCTOR_H
#define LN_CLI_DOCTOR_H

#include <stdbool.h>

enum ln_doctor_grade { LN_DOCTOR_OK, LN_DOCTOR_NOTE, LN_DOCTOR_FAIL };

/* Prints a finding, as text or as an object of JSON. `about` is a word that
 * programs know it by; `advice` is what to do, in lines, or NULL. */
void ln_doctor_say(enum ln_doctor_grade grade, const char *about,
		   const char *advice, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* The language of a word, a bit; 0: there is no such. */
unsigned ln_doctor_language(const char *word);

/* Looks at the compilers of the languages in the set, of bits. One that was
 * asked for fails if something is missing. */
void ln_doctor_look_at_languages(unsigned set, bool asked_for);

/* The name of the language of a word, and whether all is there that guests in
 * it need. The word is one of those that there are. */
const char *ln_doctor_name(const char *word);
bool ln_doctor_can_build(const char *word);

#endif
