/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The Contact header of a 302. Both servers name their reply lumps alike. Include their headers before this one. */
#ifndef NOL_HOST_CONTACT_H
#define NOL_HOST_CONTACT_H

#include <string.h>

/* Removes the Contact of a redirection that could not be sent. The next reply adds its own. */
static void remove_contacts(struct sip_msg *msg)
{
	static const char name[] = "Contact: ";
	struct lump_rpl *lump, *next;

	for(lump = msg->reply_lump; lump; lump = next) {
		next = lump->next;
		if(!(lump->flags & LUMP_RPL_SHMEM) && lump->text.len > (int)sizeof(name)
				&& memcmp(lump->text.s, name, sizeof(name) - 1) == 0) {
			unlink_lump_rpl(msg, lump);
			free_lump_rpl(lump);
		}
	}
}

#endif
