/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A kernel without close_range(2): preloaded, it answers ENOSYS. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <sys/syscall.h>

long syscall(long number, ...)
{
	static long (*next)(long, ...);
	long word[6];
	va_list words;
	int i;

	va_start(words, number);
	for(i = 0; i < 6; i++)
		word[i] = va_arg(words, long);
	va_end(words);
	if(number == SYS_close_range) {
		errno = ENOSYS;
		return -1;
	}
	if(!next)
		next = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
	return next(number, word[0], word[1], word[2], word[3], word[4], word[5]);
}
