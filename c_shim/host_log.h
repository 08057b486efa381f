/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Logs the library's lines. Both servers use the same names for their log macros; include the server's header before this one. */
#ifndef NOL_HOST_LOG_H
#define NOL_HOST_LOG_H

#include "numbers_online.h"

static int nol_is_logged(nol_level level)
{
	switch(level) {
		case NOL_ERROR:
			return is_printable(L_ERR);
		case NOL_WARNING:
			return is_printable(L_WARN);
		case NOL_NOTICE:
			return is_printable(L_NOTICE);
		case NOL_INFO:
			return is_printable(L_INFO);
		default:
			return is_printable(L_DBG);
	}
}

static void nol_log(nol_level level, nol_str line)
{
	int len = (int)line.len;

	switch(level) {
		case NOL_ERROR:
			LM_ERR("%.*s\n", len, line.s);
			break;
		case NOL_WARNING:
			LM_WARN("%.*s\n", len, line.s);
			break;
		case NOL_NOTICE:
			LM_NOTICE("%.*s\n", len, line.s);
			break;
		case NOL_INFO:
			LM_INFO("%.*s\n", len, line.s);
			break;
		default:
			LM_DBG("%.*s\n", len, line.s);
	}
}

#endif
