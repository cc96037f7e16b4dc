/* The user's record, for tests whose getpwuid_r is wrapped
 * (tests/CMakeLists.txt): no test may use the real home. */
#ifndef LN_TEST_SUPPORT_RECORD_H
#define LN_TEST_SUPPORT_RECORD_H

/* The home that it says; NULL: the user has no record. */
extern const char *test_record_home;

/* What the look-up returns instead, an errno; 0: the record. */
extern int test_record_error;

#endif
