# SPDX-License-Identifier: GPL-2.0-or-later
"""The page of kamailio-cfg/dsiprouter in a Flask application that is set up as dSIPRouter's, with a real Kamailio behind it.

Arguments: the directory of the module, the port of Kamailio. What dSIPRouter brings along is replaced by as little as possible.
"""
import importlib.util
import json
import re
import sys
import types
import urllib.request

from flask import Flask
from flask_wtf.csrf import CSRFProtect
from jinja2 import ChoiceLoader, DictLoader

directory, port = sys.argv[1], int(sys.argv[2])
kamailio = {'port': port}


def send(host, method, params=()):
    body = {'jsonrpc': '2.0', 'id': 1, 'method': method, 'params': list(params)}
    request = urllib.request.Request(f'http://{host}:{kamailio["port"]}/api/kamailio', json.dumps(body).encode(),
                                     {'Content-Type': 'application/json'})
    with urllib.request.urlopen(request, timeout=5) as reply:
        return json.load(reply)['result']


def stand_in(name, **members):
    sys.modules[name] = types.ModuleType(name)
    vars(sys.modules[name]).update(members)


for package in ('modules', 'modules.api', 'modules.api.kamailio'):
    stand_in(package)
stand_in('modules.api.kamailio.functions', sendJsonRpcCmd=send)
stand_in('shared', debugException=lambda ex: print('debugException:', ex, file=sys.stderr))
stand_in('settings', VERSION='0.79')

spec = importlib.util.spec_from_file_location('modules.numbers_online', f'{directory}/__init__.py',
                                              submodule_search_locations=[directory])
module = importlib.util.module_from_spec(spec)
sys.modules[spec.name] = module
spec.loader.exec_module(module)

app = Flask('dsiprouter')
app.secret_key = 'for this run'
app.jinja_loader = ChoiceLoader([DictLoader({
    'index.html': 'please log in',
    'fullwidth_layout.html': '{% block title %}{% endblock %}{% block custom_css %}{% endblock %}{% block body %}{% endblock %}',
})])
csrf = CSRFProtect(app)
module.init_module(app, csrf, sys.modules['settings'])
# dSIPRouter reads these for its menu.
assert module.name == 'numbers_online' and module.menu_name and module.menu_icon and module.description

URL = f'/gui/{module.name}'
client = app.test_client()


def switches():
    return send('127.0.0.1', 'cfg.get', ['numbersonline'])


def token():
    return re.search(r'name="csrf_token" value="([^"]+)"', client.get(URL).text).group(1)


def post(code, **form):
    reply = client.post(URL, data=form)
    assert reply.status_code == code, (form, reply.status_code, reply.text)
    return reply.text


# Without a session there is no state and no change.
assert client.get(URL).text == 'please log in'
post(400, enabled='1', enforce='1')
assert switches()['enabled'] == 0

with client.session_transaction() as session:
    session['logged_in'] = True
text = client.get(URL).text
for expected in ('cache_entries', 'decisions', '<select class="form-control" id="enabled"'):
    assert expected in text, text

# A form of another site has no token.
post(400, enabled='1', enforce='1')
post(400, enabled='1', enforce='1', csrf_token='forged')
assert switches()['enabled'] == 0

# After the session has ended its token is worth nothing.
good = token()
with client.session_transaction() as session:
    session['logged_in'] = False
assert post(401, enabled='1', enforce='1', csrf_token=good) == 'please log in'
assert switches()['enabled'] == 0
with client.session_transaction() as session:
    session['logged_in'] = True

for bad in ({'enabled': '2', 'enforce': '1'}, {'enabled': '1'}, {'enabled': '1', 'enforce': '1; drop'}):
    assert 'Each switch is 0 or 1.' in post(400, csrf_token=good, **bad)
assert switches()['enabled'] == 0

post(302, enabled='1', enforce='0', csrf_token=good)
found = switches()
assert (found['enabled'], found['enforce']) == (1, 0), found
post(302, enabled='1', enforce='1', csrf_token=good)
assert re.search(r'id="enabled"[^/]*<option value="1" selected', client.get(URL).text)

assert 'There is no such profile.' in post(400, enabled='1', enforce='1', profile='tenant-z', csrf_token=good)
post(302, enabled='1', enforce='1', profile='tenant-a', csrf_token=good)
assert switches()['profile'] == 'tenant-a'
assert '<option selected>tenant-a</option>' in client.get(URL).text
# No profile is chosen as long as a form has none.
post(302, enabled='1', enforce='1', csrf_token=good)
assert switches()['profile'] == ''

# A Kamailio that does not answer.
kamailio['port'] = 9
reply = client.get(URL)
assert reply.status_code == 503 and 'Kamailio does not answer' in reply.text, reply.text
assert 'Kamailio did not take the change.' in post(502, enabled='0', enforce='1', csrf_token=good)
kamailio['port'] = port
assert switches()['enabled'] == 1
