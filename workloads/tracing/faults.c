/* faults.c - guest: memory accesses, a breakpoint and a jump that fault, each caught by a handler that jumps out */
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

static sigjmp_buf back;
static volatile int n_segv, n_trap;

static void on_segv(int number)
{
	(void)number;
	n_segv++;
	siglongjmp(back, 1);
}

static void on_trap(int number)
{
	(void)number;
	n_trap++;
	siglongjmp(back, 1);
}

/* Loads, loads, stores, returns: one block whose second load may fault. */
__attribute__((noinline, noclone)) int two_loads(volatile int *a, volatile int *b)
{
	int x = *a;
	x += *b;
	*a = x;
	return x + 3;
}

int main(void)
{
	struct sigaction action = {.sa_handler = on_segv, .sa_flags = SA_NODEFER};
	sigaction(SIGSEGV, &action, NULL);
	action.sa_handler = on_trap;
	sigaction(SIGTRAP, &action, NULL);
	static volatile int v = 5, total;
	for (volatile int k = 0; k < 10; k++)
		if (!sigsetjmp(back, 1))
			total += two_loads(&v, k & 1 ? (int *)8 : &v);
	if (!sigsetjmp(back, 1))
		__asm__ volatile("brk #1");
	if (!sigsetjmp(back, 1))
		((void (*)(void))0x10)();
	char *p = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	mprotect(p + 4096, 4096, PROT_NONE);
	/* The first half is in the page that may be read. */
	if (!sigsetjmp(back, 1))
		__asm__ volatile("ldp x3, x4, [%0]" ::"r"(p + 4088) : "x3", "x4");
	if (!sigsetjmp(back, 1))
		memset(p, 0, 8192);
	printf("%d faults, %d breakpoint, total %d\n", n_segv, n_trap, total);
	return 0;
}
