/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Logs the library's lines. Both servers use the same names for their log macros; include the server's header before this one. */
#ifndef NOL_HOST_LOG_H
#define NOL_HOST_LOG_H

#include "numbers_online.h"

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
