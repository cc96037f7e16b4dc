/*
 * The guest that serves --observe, as bytes of the program: ln_observe_module,
 * of which there are ln_observe_module_size. None, where it was not built.
 */
	.section .rodata
	.globl	ln_observe_module
	.hidden	ln_observe_module
	.globl	ln_observe_module_size
	.hidden	ln_observe_module_size
	.p2align 4
ln_observe_module:
#ifdef LN_OBSERVE_GUEST
	.incbin	LN_OBSERVE_GUEST
#endif
1:
	.p2align 3
ln_observe_module_size:
	.quad	1b - ln_observe_module

	.section .note.GNU-stack,"",%progbits
