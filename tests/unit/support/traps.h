/* Traps are signals, which cmocka takes for failures of a test. */
#ifndef LN_TEST_SUPPORT_TRAPS_H
#define LN_TEST_SUPPORT_TRAPS_H

/* To be called in each test that runs wasm, once a module has been compiled.
 * Traps are signals, for which the engine installs its handlers once; cmocka
 * puts its own in their place around every test. */
void test_traps_are_the_engines(void);

#endif
