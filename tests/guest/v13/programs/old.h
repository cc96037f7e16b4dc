/* What the guest of lunatic 0.7 in old.wat.txt is told, and answers. */
#ifndef LUNATIC_TESTS_GUEST_V13_PROGRAMS_OLD_H
#define LUNATIC_TESTS_GUEST_V13_PROGRAMS_OLD_H

/* The tag of a message says what to do. */
enum {
	OLD_ADD = 10, /* send the number plus 1 to the process in the message */
	OLD_KILL,     /* kill the process in the message */
	OLD_LINK,     /* link to that, with the number as the tag */
	OLD_MONITOR,  /* watch that, and answer with the tag for it */
	OLD_FORWARD,  /* send the message on as it is */
	OLD_DROP,     /* nothing */
	OLD_TAKE,     /* take a TCP stream out of the message */
	OLD_TRAP,
	OLD_END,
};

/* Tags of its answers. */
enum {
	OLD_DONE = 30, /* that has been done; the number */
	OLD_TOLD = 40, /* plus the type of a signal it got: the signal's tag */
};

/* Text of the module, without a zero at its end. */
static const char old[] = {
#embed "old.wat.txt"
};

#endif
