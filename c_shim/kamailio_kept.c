/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What tm does not keep while a request is suspended: the flags and the q value of its branch, and the branches that the script
 * appended. In the server they belong to the process, not to the message, and the route is resumed in another process.
 */
#include <string.h>

#include "core/str.h"

#include "core/dprint.h"
#include "core/dset.h"

#include "kamailio.h"

size_t nol_kept_size(void)
{
	return nr_branches * sizeof(branch_t);
}

void nol_keep(nol_kept *kept)
{
	branch_t *place = (branch_t *)(kept + 1);

	if(getbflagsval(0, &kept->flags) < 0)
		kept->flags = 0;
	kept->q = get_ruri_q();
	for(kept->branches = 0; kept->branches < nr_branches; kept->branches++)
		memcpy(place + kept->branches, get_sip_branch((int)kept->branches), sizeof(*place));
}

void nol_forget_others(void)
{
	/* Those of the call that this process resumed before, if its route did not use them. */
	clear_branches();
}

void nol_restore(sip_msg_t *msg, const nol_kept *kept)
{
	const branch_t *branch = (const branch_t *)(kept + 1);
	unsigned int number;

	setbflagsval(0, kept->flags);
	set_ruri_q(kept->q);
	for(number = 0; number < kept->branches; number++, branch++) {
		str uri = {(char *)branch->uri, (int)branch->len};
		branch_t *place = ksr_push_branch(msg, &uri, NULL, NULL, branch->q, branch->flags, NULL, NULL, 0, NULL, NULL);

		if(!place) {
			LM_ERR("a branch that was appended before the lookup is lost\n");
			return;
		}
		*place = *branch;
	}
}
