# SPDX-License-Identifier: GPL-2.0-or-later
"""numbers_online in dSIPRouter's GUI: a page that shows the state of call screening and changes its switches."""
import sys
if sys.path[0] != '/etc/dsiprouter/gui':
    sys.path.insert(0, '/etc/dsiprouter/gui')

from flask import Blueprint, redirect, render_template, request, session, url_for
from modules.api.kamailio.functions import sendJsonRpcCmd
from shared import debugException
import settings

# Module Metadata
name = 'numbers_online'
publisher = 'numbers.online'
menu_name = 'Call Screening'
menu_icon = 'ti ti-shield-check'
description = 'numbers.online call screening'
version = '1.0.0'
dsip_min_version = '0.77'

KAMAILIO = '127.0.0.1'
# The group of custom parameters in numbersonline.cfg. Values for the next start are in numbersonline_local.cfg.
GROUP = 'numbersonline'
SWITCHES = {
    'enabled': 'Screen the calls that come from carriers',
    'enforce': 'Block and redirect calls. Off: only log which calls would be',
}
COUNTERS = (
    'decisions', 'allow', 'flag', 'redirect', 'block', 'failopen', 'bypass', 'list', 'local', 'would_block', 'would_redirect',
    'unknown_profile', 'cache_hit', 'api_requests', 'shed',
)

bp = Blueprint(name, __name__, template_folder='templates')


def state():
    """The switches, the module's own status, and its statistics as far as they count calls or failures."""
    switches = sendJsonRpcCmd(KAMAILIO, 'cfg.get', [GROUP])
    status = sendJsonRpcCmd(KAMAILIO, 'numbers_online.status')
    stats = sendJsonRpcCmd(KAMAILIO, 'numbers_online.stats')
    profiles = status.pop('profiles', [])
    shown = {key: value for key, value in stats.items() if key in COUNTERS or (key.startswith('fail_') and value)}
    return {'switches': switches, 'status': status, 'stats': shown, 'profiles': profiles}


def profile_names():
    """What the switch `profile` may be. The module allows the calls of a name that it does not know."""
    return [''] + [profile['profile'] for profile in state()['profiles']]


def page(error=None, code=200):
    """The page. Without a Kamailio that answers, or without the module in it, it says so."""
    found = None
    try:
        found = state()
    except Exception as ex:
        debugException(ex)
        error = error or 'Kamailio does not answer, or does not have numbers_online: run its install.sh and restart Kamailio.'
        code = 503 if code == 200 else code
    return render_template('numbers_online.html', state_of=found, labels=SWITCHES, error=error,
                           version=settings.VERSION), code


@bp.route('/gui/' + name, methods=['GET'])
def show():
    if not session.get('logged_in'):
        return render_template('index.html', version=settings.VERSION)
    return page()


# The application checks the token of every form (CSRFProtect), unless a module asks for an exemption. This one does not.
@bp.route('/gui/' + name, methods=['POST'])
def change():
    if not session.get('logged_in'):
        return render_template('index.html', version=settings.VERSION), 401
    wanted = {switch: request.form.get(switch) for switch in SWITCHES}
    if any(value not in ('0', '1') for value in wanted.values()):
        return page('Each switch is 0 or 1.', 400)
    wanted['profile'] = request.form.get('profile', '')
    try:
        if wanted['profile'] not in profile_names():
            return page('There is no such profile.', 400)
        for switch, value in wanted.items():
            sendJsonRpcCmd(KAMAILIO, 'cfg.sets', [GROUP, switch, value])
    except Exception as ex:
        debugException(ex)
        return page('Kamailio did not take the change.', 502)
    return redirect(url_for(f'{name}.show'))


def init_module(app, csrf, settings):
    """Called by dSIPRouter for every module of its GUI."""
    app.register_blueprint(bp)
