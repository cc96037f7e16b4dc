/*
 * The register switch. Callee-saved registers go to the stack that is left, the
 * stack pointer to *from; then the same the other way round. Signal mask and
 * floating point control words belong to the thread and are not touched.
 *
 *   void ln_switch(void **from_sp, void *to_sp);
 *   void ln_switch_call(void *stack_top, void (*function)(void *), void *arg);
 *   ln_switch_entry: where a new fiber starts; its first frame holds the entry
 *   function and its argument in two callee-saved registers.
 */
#if defined(__x86_64__)

	.text
	.globl	ln_switch
	.hidden	ln_switch
	.type	ln_switch, @function
	.p2align 4
ln_switch:
	.cfi_startproc
	endbr64
	pushq	%rbp
	pushq	%rbx
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	movq	%rsp, (%rdi)
	movq	%rsi, %rsp
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbx
	popq	%rbp
	ret
	.cfi_endproc
	.size	ln_switch, . - ln_switch

	.globl	ln_switch_entry
	.hidden	ln_switch_entry
	.type	ln_switch_entry, @function
	.p2align 4
ln_switch_entry:
	.cfi_startproc
	.cfi_undefined rip
	endbr64
	xorl	%ebp, %ebp
	movq	%r13, %rdi
	callq	*%r12
	ud2
	.cfi_endproc
	.size	ln_switch_entry, . - ln_switch_entry

	.globl	ln_switch_call
	.hidden	ln_switch_call
	.type	ln_switch_call, @function
	.p2align 4
ln_switch_call:
	.cfi_startproc
	endbr64
	pushq	%rbp
	.cfi_def_cfa_offset 16
	.cfi_offset rbp, -16
	movq	%rsp, %rbp
	.cfi_def_cfa_register rbp
	movq	%rdi, %rsp
	movq	%rdx, %rdi
	callq	*%rsi
	movq	%rbp, %rsp
	popq	%rbp
	.cfi_def_cfa rsp, 8
	ret
	.cfi_endproc
	.size	ln_switch_call, . - ln_switch_call

#elif defined(__aarch64__)

	.text
	.globl	ln_switch
	.hidden	ln_switch
	.type	ln_switch, %function
	.p2align 4
ln_switch:
	.cfi_startproc
	hint	#34
	stp	x29, x30, [sp, #-160]!
	stp	x19, x20, [sp, #16]
	stp	x21, x22, [sp, #32]
	stp	x23, x24, [sp, #48]
	stp	x25, x26, [sp, #64]
	stp	x27, x28, [sp, #80]
	stp	d8, d9, [sp, #96]
	stp	d10, d11, [sp, #112]
	stp	d12, d13, [sp, #128]
	stp	d14, d15, [sp, #144]
	mov	x9, sp
	str	x9, [x0]
	mov	sp, x1
	ldp	x19, x20, [sp, #16]
	ldp	x21, x22, [sp, #32]
	ldp	x23, x24, [sp, #48]
	ldp	x25, x26, [sp, #64]
	ldp	x27, x28, [sp, #80]
	ldp	d8, d9, [sp, #96]
	ldp	d10, d11, [sp, #112]
	ldp	d12, d13, [sp, #128]
	ldp	d14, d15, [sp, #144]
	ldp	x29, x30, [sp], #160
	ret
	.cfi_endproc
	.size	ln_switch, . - ln_switch

	.globl	ln_switch_entry
	.hidden	ln_switch_entry
	.type	ln_switch_entry, %function
	.p2align 4
ln_switch_entry:
	.cfi_startproc
	.cfi_undefined x30
	hint	#36
	mov	x29, xzr
	mov	x0, x20
	blr	x19
	brk	#1
	.cfi_endproc
	.size	ln_switch_entry, . - ln_switch_entry

	.globl	ln_switch_call
	.hidden	ln_switch_call
	.type	ln_switch_call, %function
	.p2align 4
ln_switch_call:
	.cfi_startproc
	hint	#34
	stp	x29, x30, [sp, #-16]!
	.cfi_def_cfa_offset 16
	.cfi_offset x29, -16
	.cfi_offset x30, -8
	mov	x29, sp
	.cfi_def_cfa_register x29
	mov	sp, x0
	mov	x0, x2
	blr	x1
	mov	sp, x29
	ldp	x29, x30, [sp], #16
	.cfi_def_cfa sp, 0
	ret
	.cfi_endproc
	.size	ln_switch_call, . - ln_switch_call

#else
#error "no stack switch for this processor"
#endif

/*
 * What the code above keeps true, for linkers: whatever is jumped to begins with
 * a landing pad (x86 IBT, Arm BTI). Not shadow stacks (x86 SHSTK), nor signed
 * return addresses: ln_switch returns to where another stack was left.
 */
	.section .note.gnu.property,"a"
	.p2align 3
	.long	4, 16, 5		/* lengths of name and content, type */
	.asciz	"GNU"
#if defined(__x86_64__)
	.long	0xc0000002, 4, 1, 0	/* X86_FEATURE_1_AND: IBT */
#else
	.long	0xc0000000, 4, 1, 0	/* AARCH64_FEATURE_1_AND: BTI */
#endif

	.section .note.GNU-stack,"",%progbits
