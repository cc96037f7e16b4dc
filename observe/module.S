/*
 * The guest that serves --observe, as bytes of the program: from
 * ln_observe_module to ln_observe_module_end. None, where it was not built.
 */
	.section .rodata
	.globl	ln_observe_module
	.hidden	ln_observe_module
	.globl	ln_observe_module_end
	.hidden	ln_observe_module_end
	.p2align 4
ln_observe_module:
#ifdef LN_OBSERVE_GUEST
	.incbin	LN_OBSERVE_GUEST
#endif
ln_observe_module_end:

	.section .note.GNU-stack,"",%progbits
