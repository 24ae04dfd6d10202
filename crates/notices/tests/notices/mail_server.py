"""A mail server on a free port: prints the port, then a line of JSON for every mail it takes.

Recipients `refused@` get 550 and `later@` get 450. With a certificate it offers STARTTLS; with
`--wants-password` it takes mails from `charter` alone. It ends when its input does.
"""

import email
import email.policy
import json
import ssl
import sys
import threading

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult


class Handler:
    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("refused@"):
            return "550 5.1.1 nobody of that name"
        if address.startswith("later@"):
            return "450 4.2.0 come back later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        mail = email.message_from_bytes(envelope.original_content, policy=email.policy.default)
        say({
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "encrypted": session.ssl is not None,
            "name": session.host_name,
            "headers": {name.lower(): str(value) for name, value in mail.items()},
            "text": mail.get_content(),
            "raw": envelope.original_content.decode("ascii"),
        })
        return "250 taken"


def say(what):
    print(json.dumps(what), flush=True)


def check(server, session, envelope, mechanism, data):
    known = (data.login, data.password) == (b"charter", b"words, not a password")
    return AuthResult(success=known, handled=False)


arguments = sys.argv[1:]
wants = {}
if "--wants-password" in arguments:
    arguments.remove("--wants-password")
    wants = dict(authenticator=check, auth_required=True, auth_require_tls=False)
if arguments:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*arguments)
    wants["tls_context"] = context


class Local(Controller):
    def factory(self):
        return SMTP(self.handler, enable_SMTPUTF8=True, **wants)

    # The port is free because the system chose it, and known once it is ours.
    def _trigger_server(self):
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


controller = Local(Handler(), hostname="127.0.0.1", port=0)
controller.start()
say(controller.port)
sys.stdin.read()
controller.stop()
