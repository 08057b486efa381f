/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The Reason header of a reply. It is linked into the message while the reply is sent. So it needs no memory, and no later reply has
 * it. Both servers name their reply lumps alike. Include their headers before this one.
 */
#ifndef NOL_HOST_REASON_H
#define NOL_HOST_REASON_H

#include <stdio.h>
#include <string.h>
#include <strings.h>

typedef struct nol_reason {
	struct lump_rpl lump;
	char text[NOL_RESULT_BYTES + 16];
} nol_reason;

/* Whether the script has added a Reason header of its own. A reply has one at most. */
static int has_reason(const struct sip_msg *msg)
{
	static const char name[] = "Reason";
	const struct lump_rpl *lump;

	for(lump = msg->reply_lump; lump; lump = lump->next) {
		const char *line = lump->text.s, *end = line + lump->text.len;

		while((lump->flags & LUMP_RPL_HDR) && line && line < end) {
			if(end - line > (int)sizeof(name) && strncasecmp(line, name, sizeof(name) - 1) == 0) {
				const char *at = line + sizeof(name) - 1;

				while(at < end && (*at == ' ' || *at == '\t'))
					at++;
				if(at < end && *at == ':')
					return 1;
			}
			line = memchr(line, '\n', (size_t)(end - line));
			if(line)
				line++;
		}
	}
	return 0;
}

/* Links the header, if there is one to send. */
static void link_reason(struct sip_msg *msg, nol_reason *reason, const str *body)
{
	int len;

	reason->lump.text.len = 0;
	if(body->len <= 0 || has_reason(msg))
		return;
	len = snprintf(reason->text, sizeof(reason->text), "Reason: %.*s\r\n", body->len, body->s);
	if(len >= (int)sizeof(reason->text))
		return;
	reason->lump.text = (str){reason->text, len};
	reason->lump.flags = LUMP_RPL_HDR | LUMP_RPL_NODUP | LUMP_RPL_NOFREE;
	reason->lump.next = msg->reply_lump;
	msg->reply_lump = &reason->lump;
}

static void unlink_reason(struct sip_msg *msg, const nol_reason *reason)
{
	struct lump_rpl **place;

	for(place = &msg->reply_lump; *place; place = &(*place)->next) {
		if(*place == &reason->lump) {
			*place = reason->lump.next;
			return;
		}
	}
}

#endif
