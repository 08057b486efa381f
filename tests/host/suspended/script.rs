// SPDX-License-Identifier: GPL-2.0-or-later
//! Scripts that suspend.

/// In Kamailio's own language.
pub(super) const SUSPENDS: &str = r#"async_workers=2
request_route {
	if (is_method("OPTIONS")) { sl_send_reply("200", "OK"); exit; }
	if (is_method("CANCEL")) { if (t_check_trans()) { t_relay(); } exit; }
	if (is_method("ACK")) { t_check_trans(); exit; }
	$avp(place) = "resumed";
	numbers_online_decide_async("RESULT");
	$avp(place) = "in place";
	route(RESULT);
}
route[RESULT] {
	append_to_reply("X-NOL-place: $avp(place)\r\n");
	append_to_reply("X-NOL-rc: $avp(nol_rc)\r\n");
	append_to_reply("X-NOL-source: $avp(nol_source)\r\n");
	append_to_reply("X-NOL-failure: $avp(nol_failure)\r\n");
	send_reply("$avp(nol_code)", "$avp(nol_phrase)");
}
"#;

/// In Lua.
pub(super) const LUA: &str = r#"
function answer(place)
	KSR.hdr.append_to_reply("X-NOL-place: " .. place .. "\r\n")
	KSR.sl.send_reply(KSR.pv.get("$avp(nol_code)"), KSR.pv.get("$avp(nol_phrase)"))
end

function nol_result(event)
	answer("resumed")
end

function ksr_request_route()
	if KSR.is_ACK() then
		KSR.tm.t_check_trans()
		return
	end
	if not KSR.is_INVITE() then
		KSR.sl.sl_send_reply(200, "OK")
		return
	end
	if KSR.numbers_online.decide_async("nol_result", "") ~= 0 then
		answer("in place")
	end
end
"#;
