"""Those who are told: a webhook that can be told to misbehave, a real mail
server, and Debian's Alertmanager."""

import email
import email.policy
import http.server
import json
import os
import shutil
import ssl
import subprocess
import tempfile
import threading
import urllib.request

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from certificates import make_ca, make_leaf
from pebble import free_port, wait_until

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../..")


def tool(name):
    path = os.pathsep.join([os.path.join(ROOT, "build/tools"),
                            os.environ["PATH"], "/usr/sbin"])
    found = shutil.which(name, path=path)
    assert found, f"{name} is not there: script/bootstrap --test brings it"
    return found


class Webhook:
    """Answers with the given statuses, then 200; remembers what it was told."""

    def __init__(self, *statuses, headers=None):
        self.statuses = list(statuses)
        self.headers = headers or {}
        self.beats = []  # what was asked by GET
        self.asked = []  # (status that was answered, headers, body)
        self.hanging = threading.Event()
        self.end = threading.Event()
        hook = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                length = int(self.headers["Content-Length"])
                hook.take(self, self.rfile.read(length))

            def do_GET(self):
                hook.beats.append(self.path)
                status = hook.statuses.pop(0) if hook.statuses else 200
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/hook"

    def take(self, handler, body):
        status = self.statuses.pop(0) if self.statuses else 200
        self.asked.append((status, dict(handler.headers), json.loads(body)))
        if self.hanging.is_set():
            self.end.wait(600)
            return
        said = b"it's <b>not</b> well\x1b[2J" if status >= 400 else b""
        handler.send_response(status)
        for name, value in self.headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(said)))
        handler.end_headers()
        handler.wfile.write(said)

    def told(self):
        """The messages that were taken."""
        return [body for status, _, body in self.asked if status == 200]

    def kinds(self):
        return [m["kind"] for m in self.told()]

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.end.set()
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


class Mailbox:
    """A mail server: STARTTLS before anything else, and a login."""

    USER, PASSWORD = "acmeter", "pass word"

    def __init__(self, tls=True):
        self.folder = tempfile.mkdtemp(prefix="acmeter-mail-")
        make_ca(self.folder, "mail-ca")
        make_leaf(self.folder, "mail-ca", "mail", "serverAuth")
        self.mails = []   # (envelope, message)
        self.logins = []
        self.refused = set()
        more = {}
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(f"{self.folder}/mail.pem",
                                    f"{self.folder}/mail.key")
            more = {"tls_context": context, "require_starttls": True,
                    "auth_required": True, "auth_require_tls": True,
                    "authenticator": self.authenticate}
        self.port = free_port()
        self.controller = Controller(self, hostname="127.0.0.1",
                                     port=self.port, **more)

    @property
    def ca_file(self):
        return f"{self.folder}/mail-ca.pem"

    def authenticate(self, _server, _session, _envelope, _mechanism, data):
        self.logins.append((data.login.decode(), data.password.decode()))
        return AuthResult(success=self.logins[-1] == (self.USER, self.PASSWORD))

    async def handle_RCPT(self, _server, _session, envelope, address, _options):
        if address in self.refused:
            return "550 nobody of that name"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server, _session, envelope):
        message = email.message_from_bytes(envelope.content,
                                           policy=email.policy.default)
        self.mails.append((envelope, message))
        return "250 OK"

    def __enter__(self):
        self.controller.start()
        return self

    def __exit__(self, *_):
        self.controller.stop()
        shutil.rmtree(self.folder)


class Alertmanager:
    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="acmeter-am-")
        self.port = free_port()
        self.program = tool("prometheus-alertmanager")
        with open(f"{self.folder}/am.yml", "w") as f:
            f.write("route: {receiver: nobody}\nreceivers: [{name: nobody}]\n")

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/"

    def get(self, target):
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(self.url + target, timeout=20) as answer:
                return json.load(answer) if "api" in target else answer.read()
        except OSError:
            return None

    def alerts(self):
        """Those that go on, by their verdicts."""
        return {a["labels"]["verdict"]: a
                for a in self.get("api/v2/alerts") or []}

    def __enter__(self):
        with open(f"{self.folder}/log", "w") as log:
            self.process = subprocess.Popen(
                [self.program, f"--config.file={self.folder}/am.yml",
                 f"--storage.path={self.folder}/data",
                 f"--web.listen-address=127.0.0.1:{self.port}",
                 "--cluster.listen-address="],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        wait_until("Alertmanager is ready", self.is_ready, 60)
        return self

    def is_ready(self):
        if self.process.poll() is not None:
            with open(f"{self.folder}/log") as log:
                raise AssertionError(f"Alertmanager ended: {log.read()}")
        return self.get("-/ready")

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(20)
        shutil.rmtree(self.folder)
