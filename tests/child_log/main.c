/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The pipe for the lines of the process that makes the lookups, without a server: what does not fit is counted. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "numbers_online.h"

/* What c_shim/kamailio.h declares of c_shim/kamailio_log.c. */
void nol_log_open(void);
int nol_log_child_end(void);
void nol_log_close_child_end(void);
void nol_log_in_child(int end);
void nol_log_line(nol_level level, nol_str line);
void nol_log_tell_lost(void);
void nol_log_forward(void);

static void child(int end)
{
	static char text[2000];
	int number;

	memset(text, 'x', sizeof(text));
	nol_log_in_child(end);
	for(number = 0; number < 2000; number++)
		nol_log_line(NOL_WARNING, (nol_str){text, 100});
	/* The parent reads now. */
	sleep(1);
	nol_log_tell_lost();
	nol_log_line(NOL_ERROR, (nol_str){text, sizeof(text)});
	_exit(0);
}

int main(void)
{
	int status, left;

	nol_log_open();
	setvbuf(stdout, NULL, _IONBF, 0);
	if(fork() == 0)
		child(nol_log_child_end());
	nol_log_close_child_end();
	usleep(300000);
	for(left = 200; left > 0; left--) {
		nol_log_forward();
		usleep(10000);
	}
	wait(&status);
	nol_log_forward();
	return status;
}
