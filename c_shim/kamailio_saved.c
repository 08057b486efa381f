/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Saves and restores state that tm does not keep while a request is suspended.
 *
 * - The flags and the q value of its branch, and the branches that the script appended. In the server they belong to the process,
 *   not to the message, and the route is resumed in another process.
 * - The target of the request, if the script set it after it had created the transaction: tm's copy is from before.
 */
#include <string.h>

#include "core/str.h"

#include "core/dprint.h"
#include "core/dset.h"
#include "core/socket_info.h"

#include "kamailio.h"

size_t nol_saved_size(const sip_msg_t *msg)
{
	return nr_branches * sizeof(branch_t) + (size_t)(msg->new_uri.len + msg->dst_uri.len + msg->path_vec.len);
}

/* Copies a text. Returns the place for the next one. */
static char *keep_text(char *place, int *len, const str *text)
{
	*len = text->s ? text->len : 0;
	if(*len > 0)
		memcpy(place, text->s, *len);
	return place + *len;
}

void nol_save(nol_saved *saved, const sip_msg_t *msg)
{
	branch_t *branch = (branch_t *)(saved + 1);
	char *place;

	if(getbflagsval(0, &saved->flags) < 0)
		saved->flags = 0;
	saved->q = get_ruri_q();
	saved->socket = msg->force_send_socket;
	memcpy(saved->xflags, msg->xflags, sizeof(saved->xflags));
	for(saved->branches = 0; saved->branches < nr_branches; saved->branches++)
		memcpy(branch++, get_sip_branch((int)saved->branches), sizeof(*branch));
	place = keep_text((char *)branch, &saved->new_uri, &msg->new_uri);
	place = keep_text(place, &saved->dst_uri, &msg->dst_uri);
	keep_text(place, &saved->path, &msg->path_vec);
}

void nol_forget_others(void)
{
	/* Branches that the route of an earlier call left in this process. */
	clear_branches();
}

static int same(const str *found, const str *wanted)
{
	return found->len == wanted->len && (wanted->len == 0 || memcmp(found->s, wanted->s, wanted->len) == 0);
}

static void restore_target(sip_msg_t *msg, const nol_saved *saved, char *texts)
{
	str new_uri = {texts, saved->new_uri};
	str dst_uri = {new_uri.s + new_uri.len, saved->dst_uri};
	str path = {dst_uri.s + dst_uri.len, saved->path};
	int is_new = ruri_get_forking_state();
	int failed = 0;

	if(!same(&msg->new_uri, &new_uri)) {
		if(new_uri.len > 0)
			failed |= rewrite_uri(msg, &new_uri) < 0;
		else
			reset_new_uri(msg);
		if(!is_new)
			ruri_mark_consumed();
	}
	if(!same(&msg->dst_uri, &dst_uri)) {
		if(dst_uri.len > 0)
			failed |= set_dst_uri(msg, &dst_uri) < 0;
		else
			reset_dst_uri(msg);
	}
	if(!same(&msg->path_vec, &path)) {
		if(path.len > 0)
			failed |= set_path_vector(msg, &path) < 0;
		else
			reset_path_vector(msg);
	}
	if(failed)
		LM_ERR("the target that was set before the lookup is lost: out of memory\n");
	set_force_socket(msg, saved->socket);
	memcpy(msg->xflags, saved->xflags, sizeof(saved->xflags));
}

void nol_restore(sip_msg_t *msg, const nol_saved *saved)
{
	const branch_t *branch = (const branch_t *)(saved + 1);
	unsigned int number;

	restore_target(msg, saved, (char *)(branch + saved->branches));
	setbflagsval(0, saved->flags);
	set_ruri_q(saved->q);
	for(number = 0; number < saved->branches; number++, branch++) {
		str uri = {(char *)branch->uri, (int)branch->len};
		branch_t *place = ksr_push_branch(msg, &uri, NULL, NULL, branch->q, branch->flags, NULL, NULL, 0, NULL, NULL);

		if(!place) {
			LM_ERR("a branch that was appended before the lookup is lost\n");
			return;
		}
		*place = *branch;
	}
}
