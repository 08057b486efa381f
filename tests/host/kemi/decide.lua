-- SPDX-License-Identifier: GPL-2.0-or-later
function ksr_request_route()
	if not KSR.is_INVITE() then
		KSR.sl.sl_send_reply(200, "OK")
		return
	end
	local rc = KSR.numbers_online.decide(KSR.pv.gete("$hdr(X-Profile)"))
	KSR.hdr.append_to_reply("X-NOL-ret: " .. rc .. "\r\n")
	KSR.numbers_online.reply()
end
