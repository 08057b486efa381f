-- SPDX-License-Identifier: GPL-2.0-or-later
function ksr_request_route()
	if not KSR.is_INVITE() then
		if KSR.is_OPTIONS() then
			KSR.sl.sl_send_reply(200, "OK")
		end
		return
	end
	KSR.pv.sets("$du", "sip:PEER")
	KSR.tm.t_on_failure("ksr_failure_route")
	KSR.tm.t_relay()
end

function ksr_failure_route()
	local rc = KSR.numbers_online.network_blocked()
	KSR.notice("failure rc=" .. rc .. " url=" .. KSR.pv.gete("$avp(nol_nb_url)") .. ".\n")
end

function ksr_reply_route()
	local rc = KSR.numbers_online.network_blocked()
	KSR.notice("reply rc=" .. rc .. " id=" .. KSR.pv.gete("$avp(nol_nb_id)") .. ".\n")
	return 1
end
