# SPDX-License-Identifier: GPL-2.0-or-later
import KSR


def mod_init():
    return Script()


class Script:
    def child_init(self, rank):
        return 0

    def ksr_request_route(self, msg):
        if not KSR.is_INVITE():
            KSR.sl.sl_send_reply(200, "OK")
            return 1
        rc = KSR.numbers_online.decide(KSR.pv.gete("$hdr(X-Profile)"))
        KSR.hdr.append_to_reply("X-NOL-ret: %d\r\n" % rc)
        KSR.numbers_online.reply()
        return 1
