/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The name of a profile as an argument of a script function: constant, or with variables. */
#include <string.h>

#include "dprint.h"
#include "error.h"
#include "mem/mem.h"
#include "pvar.h"

#include "opensips.h"

struct nol_argument {
	str name;
	pv_elem_t *format; /* NULL: the name is constant */
};

/* The server calls this for a string in the script, also when it reloads the script. */
int nol_fixup_profile(void **param)
{
	const str *text = *param;
	nol_argument *argument = pkg_malloc(sizeof(*argument));

	if(!argument) {
		LM_ERR("out of memory\n");
		return E_OUT_OF_MEM;
	}
	memset(argument, 0, sizeof(*argument));
	argument->name = *text;
	if(memchr(text->s, '$', text->len)) {
		if(pv_parse_format(&argument->name, &argument->format) < 0) {
			LM_ERR("numbers_online_decide(): \"%.*s\" is no name with variables\n", text->len, text->s);
			pkg_free(argument);
			return E_CFG;
		}
	} else if(nol_check_profile("numbers_online_decide", text) < 0) {
		pkg_free(argument);
		return E_CFG;
	}
	*param = argument;
	return 0;
}

int nol_free_profile(void **param)
{
	nol_argument *argument = *param;

	if(argument->format)
		pv_elem_free_all(argument->format);
	pkg_free(argument);
	return 0;
}

str nol_profile_name(struct sip_msg *msg, const nol_argument *argument)
{
	const str none = {NULL, 0};
	pv_elem_t *format;
	pv_value_t value;
	str name;

	if(!argument)
		return none;
	format = argument->format;
	if(!format)
		return argument->name;
	/* A single variable: pv_printf_s() writes "<null>" for one that is not set. */
	if(!format->next && format->text.len == 0) {
		memset(&value, 0, sizeof(value));
		if(pv_get_spec_value(msg, &format->spec, &value) < 0 || (value.flags & PV_VAL_NULL) || !(value.flags & PV_VAL_STR))
			return none;
		return value.rs;
	}
	return pv_printf_s(msg, format, &name) < 0 ? none : name;
}
