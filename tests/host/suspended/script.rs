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

/// In the language of `OpenSIPS`. There a script cannot see whether the call was suspended.
///
/// The `X-Test` header of a request asks for more: `launch` launches the decision, `launch in transaction` with a transaction, `limit`
/// sets a time limit of a second, `long limit` one that is never reached, and `failed` makes the decision in the failure route of a
/// call that was relayed to this server itself.
pub(super) const SUSPENDS_OPENSIPS: &str = r#"
route {
	if (is_method("OPTIONS")) { sl_send_reply(200, "OK"); exit; }
	if (is_method("CANCEL")) { if (t_check_trans()) { t_relay(); } exit; }
	if (is_method("ACK")) { t_check_trans(); exit; }
	if ($hdr(X-Test) == "launch in transaction") {
		t_newtran();
	}
	if ($hdr(X-Test) =~ "^launch") {
		launch(numbers_online_decide(), REPORT, "launched");
		xlog("L_NOTICE", "the script goes on\n");
		send_reply(480, "Temporarily Unavailable");
		exit;
	}
	if ($hdr(X-Test) == "failed") {
		if ($hdr(X-Sent-On) != NULL) { sl_send_reply(486, "Busy Here"); exit; }
		append_hf("X-Sent-On: yes\r\n");
		$du = "sip:" + $socket_in(ip) + ":" + $socket_in(port);
		t_on_failure("FAILED");
		t_relay();
		exit;
	}
	if ($hdr(X-Test) == "limit") {
		async(numbers_online_decide(), RESULT, 1);
	}
	if ($hdr(X-Test) == "long limit") {
		async(numbers_online_decide(), RESULT, 9);
	}
	async(numbers_online_decide(), RESULT);
}
failure_route[FAILED] {
	async(numbers_online_decide(), RESULT);
}
route[RESULT] {
	append_to_reply("X-NOL-ret: $rc\r\n");
	append_to_reply("X-NOL-place: resumed\r\n");
	append_to_reply("X-NOL-rc: $avp(nol_rc)\r\n");
	append_to_reply("X-NOL-source: $avp(nol_source)\r\n");
	append_to_reply("X-NOL-failure: $avp(nol_failure)\r\n");
	t_reply($avp(nol_code), $avp(nol_phrase));
}
route[REPORT] {
	xlog("L_NOTICE", "$param(1): ret=$rc code=$avp(nol_code)\n");
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
