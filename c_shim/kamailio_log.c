/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Logs the library's lines to Kamailio's log, from every process.
 *
 * The lookup process is not managed by Kamailio: it has neither the server's standard error nor its log sockets. It writes its lines
 * to a pipe, and its parent logs them. A write never blocks. A line that finds no room in the pipe is dropped and counted.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "core/str.h"

#include "core/dprint.h"

#include "host_log.h"
#include "kamailio.h"

/* How many lines are logged at a time, so that a flood of lines does not delay waiting calls. */
#define MOST_LINES 64

/* One line in the pipe: the head, then `len` bytes of `text`. */
typedef struct line {
	uint32_t lost; /* lines dropped before this one */
	uint16_t level;
	uint16_t len; /* 0: there is no line, only `lost` */
	char text[1024];
} line_t;

#define HEAD offsetof(line_t, text)

/* A write of this size is atomic, so the reader never gets half a line. */
_Static_assert(sizeof(line_t) <= PIPE_BUF, "a line is written at once");

static int ends[2] = {-1, -1};
static int is_child;
static uint32_t lost;

void nol_log_open(void)
{
	nol_log_close();
	if(pipe2(ends, O_NONBLOCK | O_CLOEXEC) < 0)
		ends[0] = ends[1] = -1;
}

int nol_log_child_end(void)
{
	return ends[1];
}

void nol_log_close_child_end(void)
{
	if(ends[1] >= 0)
		close(ends[1]);
	ends[1] = -1;
}

void nol_log_close(void)
{
	nol_log_close_child_end();
	if(ends[0] >= 0)
		close(ends[0]);
	ends[0] = -1;
}

void nol_log_in_child(int end)
{
	is_child = 1;
	ends[0] = -1;
	ends[1] = end;
}

static void put(nol_level level, nol_str text)
{
	line_t line;
	uint32_t before = __atomic_exchange_n(&lost, 0, __ATOMIC_RELAXED);
	size_t len = text.len < sizeof(line.text) ? text.len : sizeof(line.text);

	line.lost = before;
	line.level = level;
	line.len = (uint16_t)len;
	memcpy(line.text, text.s, len);
	if(ends[1] < 0 || write(ends[1], &line, HEAD + len) < 0)
		__atomic_fetch_add(&lost, before + (len > 0), __ATOMIC_RELAXED);
}

void nol_log_line(nol_level level, nol_str line)
{
	if(!is_child)
		nol_log(level, line);
	else if(line.len > 0)
		put(level, line);
}

int nol_log_has_level(nol_level level)
{
	return nol_is_logged(level);
}

void nol_log_tell_lost(void)
{
	if(__atomic_load_n(&lost, __ATOMIC_RELAXED) > 0)
		put(NOL_WARNING, (nol_str){"", 0});
}

void nol_log_forward(void)
{
	line_t line;
	int left;

	if(ends[0] < 0)
		return;
	for(left = MOST_LINES; left > 0 && read(ends[0], &line, HEAD) == (ssize_t)HEAD; left--) {
		if(line.lost > 0)
			LM_WARN("%u lines of the process that makes the lookups found no room and are lost\n", line.lost);
		if(line.len == 0)
			continue;
		if(line.len > sizeof(line.text) || read(ends[0], line.text, line.len) != line.len)
			return;
		nol_log((nol_level)line.level, (nol_str){line.text, line.len});
	}
}
