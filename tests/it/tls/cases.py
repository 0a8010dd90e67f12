"""TLS and tokens of the server itself: each function is one case, run by its
name. A real station serves a record that the host of it/web filled; openssl,
curl, Python and a real hub ask it.
"""

import contextlib
import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../pebble"))
from certificates import make_ca, make_leaf  # noqa: E402
from pebble import free_port, wait_until  # noqa: E402

ACMETER, WEB_HOST = os.environ["ACMETER"], os.environ["WEB_HOST"]
NAME = "fra.example.org"
TOKEN = "a-token.of_Some~length+/=="
CAP = 32
PATIENCE = 20  # seconds for one answer


class Folder:
    """Everybody's certificates, in a folder that goes with the block."""

    def __enter__(self):
        self.path = tempfile.mkdtemp(prefix="acmeter-tls-")
        for ca in ("web", "readers", "strangers"):
            make_ca(self.path, ca)
        make_leaf(self.path, "web", NAME, "serverAuth")
        make_leaf(self.path, "readers", "hub", "clientAuth")
        make_leaf(self.path, "readers", "server", "serverAuth")
        make_leaf(self.path, "strangers", "stranger", "clientAuth")
        self.write("token", TOKEN + "\n")
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.path)

    def __call__(self, name):
        return os.path.join(self.path, name)

    def write(self, name, text):
        with open(self(name), "w", opener=lambda path, flags: os.open(
                path, flags, 0o600)) as f:
            f.write(text)

    def read(self, name):
        with open(self(name)) as f:
            return f.read()


class Program:
    """acmeter with a configuration, and what it says."""

    def __init__(self, folder, what, text, port):
        self.folder, self.port = folder, port
        self.config, self.log = folder(f"{what}.yaml"), folder(f"{what}.log")
        folder.write(f"{what}.yaml", text)
        with open(self.log, "w") as log:
            self.process = subprocess.Popen(
                [ACMETER, what, "-c", self.config],
                stdin=subprocess.DEVNULL, stderr=log)

    def __enter__(self):
        try:
            wait_until("it listens", self.listens)
        except BaseException:
            self.__exit__(*sys.exc_info())
            raise
        return self

    def __exit__(self, kind, *_):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(30)
        if kind:
            print(self.said(), file=sys.stderr)
        else:
            assert status == 0 and "Sanitizer" not in self.said(), self.said()

    def listens(self):
        assert self.process.poll() is None, self.said()
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", self.port), 1).close()
            return True
        return False

    def said(self):
        with open(self.log) as log:
            return log.read()

    def says(self, sentence, seconds=30):
        wait_until(f"it says: {sentence}", lambda: sentence in self.said(),
                   seconds)

    # --- how it is asked

    def context(self, identity="hub", **options):
        c = ssl.create_default_context(cafile=self.folder("web.pem"))
        if identity:
            c.load_cert_chain(self.folder(f"{identity}.pem"),
                              self.folder(f"{identity}.key"))
        for name, value in options.items():
            setattr(c, name, value)
        return c

    def connect(self, context=None):
        plain = socket.create_connection(("127.0.0.1", self.port),
                                         timeout=PATIENCE)
        try:
            return (context or self.context()).wrap_socket(
                plain, server_hostname=NAME, suppress_ragged_eofs=False)
        except BaseException:
            plain.close()
            raise

    def ask(self, target, *fields, context=None):
        """Status, head and body; the end is told by TLS, or it is an error."""
        with self.connect(context) as s:
            s.sendall("\r\n".join([f"GET {target} HTTP/1.1", "Host: a",
                                   "Connection: close", *fields, "",
                                   ""]).encode())
            return parse(read_all(s))

    def json(self, target, *fields, **options):
        status, _, body = self.ask(target, *fields, **options)
        assert status == 200, (target, status, body)
        return json.loads(body)

    def is_refused(self, context):
        """Whether it is not answered, and why as the other side knows it."""
        try:
            status, _, body = self.ask("/healthz", context=context)
        except OSError as e:
            return str(e)
        raise AssertionError((status, body))

    def curl(self, *more, target="/healthz"):
        return subprocess.run(
            ["curl", "-q", "-sS", "--max-time", "30", "--noproxy", "*",
             "--cacert", self.folder("web.pem"), "--resolve",
             f"{NAME}:{self.port}:127.0.0.1", *more,
             f"https://{NAME}:{self.port}{target}"],
            capture_output=True, text=True, timeout=60)

    def s_client(self, *more, data=b""):
        done = subprocess.run(
            ["openssl", "s_client", "-connect", f"127.0.0.1:{self.port}",
             "-servername", NAME, "-CAfile", self.folder("web.pem"), *more],
            input=data, capture_output=True, timeout=60)
        return (done.stdout + done.stderr).decode(errors="replace")

    def shown(self):
        """The certificate that is shown now."""
        with self.connect() as s:
            return s.getpeercert()["serialNumber"]


def read_all(s):
    data = b""
    while more := s.recv(65536):
        data += more
    return data


def parse(data):
    head, _, body = data.partition(b"\r\n\r\n")
    return int(head.split()[1]), head.decode(), body


MUTUAL = f"  certificate: {NAME}.pem\n  key: {NAME}.key\n  client_ca: readers.pem\n"
ALONE = f"  certificate: {NAME}.pem\n  key: {NAME}.key\n"


@contextlib.contextmanager
def station(web=MUTUAL, minutes=30, folder=None):
    """A station with a record; it measures a CA that nobody is."""
    with contextlib.ExitStack() as stack:
        folder = folder or stack.enter_context(Folder())
        subprocess.run([WEB_HOST, "fill", folder("db"), str(minutes)],
                       check=True)
        port = free_port()
        s = stack.enter_context(Program(
            folder, "station", f"station: fra\ncity: Frankfurt\ncountry: DE\n"
            f"latitude: 50.11\nlongitude: 8.68\noperator: AS64496\n"
            f"listen: 127.0.0.1:{port}\nresponder: 127.0.0.1:0\n"
            f"database: db\nstate: .\nweb_connections: {CAP}\n"
            f"stop_grace: 0\ncontrols: []\nweb:\n{web}"
            f"cas:\n- name: pebble\n  directory: https://127.0.0.1:1/dir\n"
            f"  rate: 1/h\n  shallow: true\n", port))
        s.says("fra is up")
        yield s


# --- TLS ----------------------------------------------------------------------


def tls_is_spoken_as_browsers_and_programs_speak_it():
    with station(ALONE) as s:
        assert "the page is at https://127.0.0.1" in s.said()
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            c = s.context(None, maximum_version=version)
            assert s.json("/api/v1/station", context=c)["city"] == "Frankfurt"
        old = s.s_client("-tls1_1", "-cipher", "ALL:@SECLEVEL=0")
        assert "protocol version" in old or "no protocols" in old, old
        assert "ALPN protocol: http/1.1" in s.s_client("-alpn", "h2,http/1.1")
        assert "no application protocol" in s.s_client("-alpn", "h2")
        assert "Verify return code: 0 (ok)" in s.s_client()
        # TLS 1.2 cannot be made to negotiate anew.
        again = s.s_client("-tls1_2", data=b"R\nGET / HTTP/1.1\r\n")
        assert "no renegotiation" in again or "handshake failure" in again, again
        done = s.curl("--http2")
        assert done.returncode == 0 and '"status":"ok"' in done.stdout, done
        # Sessions go on by a ticket.
        with s.connect(s.context(
                None, maximum_version=ssl.TLSVersion.TLSv1_2)) as one:
            session, context = one.session, one.context
        with contextlib.closing(context.wrap_socket(
                socket.create_connection(("127.0.0.1", s.port), PATIENCE),
                server_hostname=NAME, session=session)) as two:
            assert two.session_reused


def large_answers_and_many_requests_come_whole():
    with station(minutes=180) as s:
        target = "/api/v1/exchanges?after=0&limit=1000"
        rows = s.json(target)["exchanges"]
        assert len(rows) == 1000 and rows == s.json(target)["exchanges"]
        # More in one go than is read at once, in one record and in many.
        one = b"GET /healthz HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 150 + b"\r\n\r\n"
        last = b"GET /method HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
        for count in (79, 1000):
            with s.connect() as c:
                c.sendall(one * count + last)
                data = read_all(c)
            assert data.count(b"HTTP/1.1 200 OK\r\n") == count + 1
            assert data.endswith(b"</html>\n") or b"</html>" in data[-50:]


def who_has_said_all_is_still_answered():
    """One that ends its own side by TLS and by TCP, and reads on."""
    with station(minutes=180) as s:
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = s.context().wrap_bio(incoming, outgoing, server_hostname=NAME)
        with socket.socket() as plain:
            # More is asked for than the kernel holds: an answer is half
            # on its way when the end is told.
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            plain.settimeout(PATIENCE)
            plain.connect(("127.0.0.1", s.port))

            def step(what):
                while True:
                    try:
                        done = what()
                        plain.sendall(outgoing.read())
                        return done
                    except ssl.SSLWantReadError:
                        plain.sendall(outgoing.read())
                        incoming.write(plain.recv(65536))
            step(tls.do_handshake)
            step(lambda: tls.write(
                b"GET /api/v1/exchanges?after=0&limit=1000 HTTP/1.1\r\n"
                b"Host: a\r\n\r\n" * 20))
            time.sleep(0.5)
            with contextlib.suppress(ssl.SSLWantReadError):
                tls.unwrap()
            plain.sendall(outgoing.read())
            plain.shutdown(socket.SHUT_WR)
            data = b""
            while more := plain.recv(65536):
                incoming.write(more)
                with contextlib.suppress(ssl.SSLWantReadError, ssl.SSLError):
                    while some := tls.read(65536):
                        data += some
            answers = 0
            while data:
                head, _, rest = data.partition(b"\r\n\r\n")
                length = int(head.lower().split(b"content-length: ")[1].split()[0])
                assert len(rest) >= length > 300_000, (len(rest), length)
                data, answers = rest[length:], answers + 1
            assert 0 < answers < 20, answers


def who_shows_no_certificate_of_the_readers_is_refused():
    with station() as s:
        assert s.json("/healthz")["station"] == "fra"
        # None, one of another CA, one that is for servers.
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            for who in (None, "stranger", "server"):
                why = s.is_refused(s.context(who, maximum_version=version))
                assert "alert" in why.lower(), (who, why)
        done = s.curl()
        assert done.returncode in (35, 56) and not done.stdout, done
        assert "CN = readers" in s.s_client(), "who is meant is told"
        assert s.json("/healthz")["station"] == "fra"


def a_token_is_wanted_for_all_but_health():
    for web in ("  token_file: token\n", ALONE + "  token_file: token\n"):
        with station(web) as s:
            def ask(target, *fields):
                if "certificate" in web:
                    return s.ask(target, *fields, context=s.context(None))
                with socket.create_connection(("127.0.0.1", s.port),
                                              PATIENCE) as c:
                    c.sendall("\r\n".join(
                        [f"GET {target} HTTP/1.1", "Host: a",
                         "Connection: close", *fields, "", ""]).encode())
                    return parse(read_all(c))

            for wrong in (
                    [], ["Authorization: Bearer"], ["Authorization: Bearer "],
                    [f"Authorization: Bearer {TOKEN}x"],
                    [f"Authorization: Bearer {TOKEN[:-1]}"],
                    [f"Authorization: Basic {TOKEN}"],
                    [f"Authorization: {TOKEN}"],
                    [f"Authorization: Bearer {TOKEN}"] * 2):
                for target in ("/", "/api/v1/station", "/metrics",
                               "/api/v1/events", "/nothing"):
                    status, head, body = ask(target, *wrong)
                    assert status == 401, (target, wrong, status)
                    assert "WWW-Authenticate: Bearer" in head, head
                    assert "token" in json.loads(body)["detail"], body
                assert ask("/healthz", *wrong)[0] == 200
            for method, ca, token, status in (
                    ("POST", "a", TOKEN + "x", 401), ("GET", "a", TOKEN, 405),
                    ("POST", "none", TOKEN, 404), ("POST", "", TOKEN, 400)):
                with (s.connect(s.context(None)) if "certificate" in web else
                      socket.create_connection(("127.0.0.1", s.port),
                                               PATIENCE)) as c:
                    query = f"?ca={ca}" if ca else ""
                    c.sendall(f"{method} /api/v1/look{query} HTTP/1.1\r\n"
                              f"Host: a\r\nAuthorization: Bearer {token}\r\n"
                              f"Connection: close\r\n\r\n".encode())
                    got = parse(read_all(c))
                    assert got[0] == status, (method, ca, got)
                    if status == 405:
                        assert "Allow: POST" in got[1], got
            for right in ("Bearer", "bearer", "BEARER"):
                field = f"Authorization: {right} {TOKEN}"
                assert ask("/api/v1/station", field)[0] == 200
                assert ask("/nothing", field)[0] == 404


# --- who misbehaves -----------------------------------------------------------


def plain_http_at_a_port_of_tls_is_closed():
    with station() as s:
        for data in (b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", b"\x00" * 5000,
                     b"\x16\x03\x01\xff\xff" + b"\xff" * 300,
                     b"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00", b"\x80\x2e"):
            with socket.create_connection(("127.0.0.1", s.port),
                                          PATIENCE) as c:
                c.sendall(data)
                c.shutdown(socket.SHUT_WR)
                try:
                    answer = read_all(c)
                except ConnectionResetError:
                    answer = b""
                assert b"HTTP/" not in answer, answer
        assert s.json("/healthz")["station"] == "fra"


def a_handshake_without_end_is_cut_off():
    with station() as s:
        hello = client_hello(s)
        silent, part, slow = (
            socket.create_connection(("127.0.0.1", s.port), PATIENCE)
            for _ in range(3))
        with silent, part, slow:
            part.sendall(hello[:100])
            try:
                for byte in hello[:60]:
                    slow.sendall(bytes([byte]))
                    time.sleep(0.5)
                raise AssertionError("trickling gained time")
            except (ConnectionResetError, BrokenPipeError):
                pass
            for c in (silent, part):
                with contextlib.suppress(ConnectionResetError):
                    assert c.recv(10) == b""
        assert s.json("/healthz")["station"] == "fra"


def client_hello(s):
    outgoing = ssl.MemoryBIO()
    tls = s.context().wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname=NAME)
    with contextlib.suppress(ssl.SSLWantReadError):
        tls.do_handshake()
    return outgoing.read()


def web_process(s):
    """The child that holds connections: the one that listens last."""
    path = f"/proc/{s.process.pid}/task/{s.process.pid}/children"
    with open(path) as children:
        return children.read().split()[-1]


def half_open_handshakes_block_nobody():
    with station() as s:
        hello, open_ = client_hello(s), []
        for i in range(300):
            c = socket.create_connection(("127.0.0.1", s.port), PATIENCE)
            c.sendall(hello if i % 2 else hello[:50])
            open_.append(c)
        for _ in range(5):
            assert s.json("/healthz")["station"] == "fra"
        held = len(os.listdir(f"/proc/{web_process(s)}/fd"))
        assert held <= CAP + 20, held
        for c in open_:
            c.close()
        assert s.json("/healthz")["station"] == "fra"


def who_does_not_read_harms_nobody():
    with station(minutes=180) as s:
        deaf = []
        for _ in range(CAP // 2):
            c = socket.socket()
            c.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            c.settimeout(PATIENCE)
            c.connect(("127.0.0.1", s.port))
            tls = s.context().wrap_socket(c, server_hostname=NAME)
            tls.sendall(b"GET /api/v1/exchanges?after=0&limit=1000 HTTP/1.1\r\n"
                        b"Host: a\r\n\r\n" * 20)
            deaf.append(tls)
        for _ in range(10):
            assert s.json("/healthz")["station"] == "fra"
        with open(f"/proc/{web_process(s)}/status") as status:
            kib = int(status.read().split("VmRSS:")[1].split()[0])
        # Sanitizers keep much of what was freed.
        assert kib < 400 * 1024, kib
        for c in deaf:
            c.close()
        assert s.json("/healthz")["station"] == "fra"


# --- while it runs ------------------------------------------------------------


def lines_until(c, start):
    """Reads lines of a stream up to the one that begins so."""
    text = b""
    while not any(line.startswith(start) for line in text.split(b"\n")[:-1]):
        more = c.recv(4096)
        assert more, text
        text += more
    return text


def events_come_by_tls_and_end_with_the_station():
    with station() as s:
        with s.connect() as c:
            c.sendall(b"GET /api/v1/events?ca=pebble HTTP/1.1\r\nHost: a\r\n\r\n")
            assert b"text/event-stream" in lines_until(c, b"event: board")
            subprocess.run([WEB_HOST, "add", s.folder("db")], check=True)
            lines_until(c, b"event: sample")
            s.process.send_signal(signal.SIGTERM)
            # The stream is ended as TLS ends one, and not torn.
            read_all(c)
        assert s.process.wait(20) == 0


def a_renewed_certificate_is_shown_without_a_signal():
    with station() as s, s.connect() as listening:
        listening.sendall(b"GET /api/v1/events HTTP/1.1\r\nHost: a\r\n\r\n")
        old, key = s.shown(), s.folder.read(f"{NAME}.key")
        certificate = s.folder.read(f"{NAME}.pem")
        children = web_process(s)
        # A certificate whose key has not come yet is not taken.
        make_leaf(s.folder.path, "web", NAME, "serverAuth")
        new_key = s.folder.read(f"{NAME}.key")
        s.folder.write(f"{NAME}.key", key)
        s.says("refused, the old one stays: web.key: ", 60)
        assert s.shown() == old
        s.folder.write(f"{NAME}.key", new_key)
        wait_until("the new one is shown", lambda: s.shown() != old, 60)
        s.says("are read again")
        # Nothing was started anew, and who was there is still told.
        assert web_process(s) == children
        subprocess.run([WEB_HOST, "add", s.folder("db")], check=True)
        lines_until(listening, b"event: sample")
        assert certificate != s.folder.read(f"{NAME}.pem")


def sighup_shows_a_new_certificate_or_keeps_the_old():
    with station(MUTUAL + "  token_file: token\n") as s:
        token = f"Authorization: Bearer {TOKEN}"
        old = s.shown()
        bad = {f"{NAME}.key": s.folder.read("hub.key"),
               f"{NAME}.pem": "-----BEGIN CERTIFICATE-----\nAAAA\n",
               "readers.pem": "nothing\n", "token": "short\n"}
        for (name, text), key in zip(bad.items(), (
                "key", "certificate", "client_ca", "token_file")):
            good = s.folder.read(name)
            s.folder.write(name, text)
            s.process.send_signal(signal.SIGHUP)
            lines = s.folder.read("station.yaml").split("\n")
            line = lines.index(f"  {key}: {name}") + 1
            s.says(f"refused, the old one stays: {s.config}:{line}:"
                   f"{len(key) + 5}: web.{key}: ")
            s.folder.write(name, good)
            assert s.shown() == old
            assert s.json("/api/v1/station", token)["station"] == "fra"
        make_leaf(s.folder.path, "web", NAME, "serverAuth")
        s.folder.write("token", "another-token-of-some-length\n")
        s.process.send_signal(signal.SIGHUP)
        s.says("the configuration is read again")

        def is_new():
            with contextlib.suppress(OSError):
                return s.shown() != old
            return False

        wait_until("the new one is shown", is_new, 30)
        assert s.ask("/api/v1/station", token)[0] == 401
        assert s.ask("/api/v1/station", "Authorization: Bearer "
                     "another-token-of-some-length")[0] == 200


# --- the configuration --------------------------------------------------------


def check(folder, text, what="check-config"):
    folder.write("c.yaml", text)
    command = [ACMETER, what, folder("c.yaml")]
    if what == "hub":
        command.insert(2, "-c")
    return subprocess.run(command, capture_output=True, text=True, timeout=30)


REST = ("station: fra\ndatabase: db\nstate: .\ncas:\n- name: one\n"
        "  directory: https://127.0.0.1:1/dir\n  rate: 1/h\n  shallow: true\n")
HUB = "stations:\n- name: fra\n  url: https://fra.example\n"


def a_bad_configuration_is_refused_with_its_place():
    with Folder() as f:
        f.write("broken.pem", f.read("web.pem")[:300])
        f.write("two", f"{TOKEN}\n{TOKEN}\n")
        f.write("odd", "a token with spaces in it\n")
        locked = f"certificate: {NAME}.pem, key: {NAME}.key"
        for web, key, sentence in (
                (f"certificate: nothing.pem, key: {NAME}.key", "certificate",
                 "nothing.pem\": No such file or directory, expected a file that "
                 "can be read"),
                (f"certificate: broken.pem, key: {NAME}.key", "certificate",
                 "certificate 1 of "),
                (f"certificate: {NAME}.key, key: {NAME}.key", "certificate",
                 "holds no certificate, expected one or more in PEM"),
                (f"certificate: {NAME}.pem, key: hub.key", "key",
                 "is not the key of the certificate, expected"),
                (f"certificate: {NAME}.pem, key: {NAME}.pem", "key", ""),
                (f"{locked}, client_ca: token", "client_ca",
                 "holds no certificate"),
                ("token_file: two", "token_file", "expected one line of text"),
                ("token_file: odd", "token_file",
                 "expected one line of 16 characters"),
        ):
            column = f"web: {{{web}".index(f"{key}: ") + len(key) + 3
            for rest, what in ((REST, "check-config"), (HUB, "hub")):
                done = check(f, f"web: {{{web}}}\n{rest}", what)
                assert done.returncode == 3, done
                assert f"c.yaml:1:{column}: web.{key}: " in done.stderr, done
                assert sentence in done.stderr, done


def what_is_better_not_left_so_is_warned_of():
    with Folder() as f:
        locked = f"web: {{certificate: {NAME}.pem, key: {NAME}.key}}\n"
        os.chmod(f(f"{NAME}.key"), 0o640)
        assert check(f, locked + "listen: ':0'\n" + REST).stderr == ""
        assert check(f, "listen: '[::1]:1'\n" + REST).stderr == ""
        for listen in ("':8475'", "0.0.0.0:8475", "'[::]:8475'"):
            done = check(f, f"listen: {listen}\n{REST}")
            assert done.returncode == 0, done
            assert "c.yaml:1:9: warning: listen: found " in done.stderr, done
            assert "expected web.certificate and web.key" in done.stderr, done
        os.chmod(f(f"{NAME}.key"), 0o644)
        done = check(f, locked + REST)
        assert done.returncode == 0, done
        assert "warning: web.key: found " in done.stderr, done
        assert "(mode 0644), expected 0600" in done.stderr, done
        done = subprocess.run([ACMETER, "check-config", "--json", f("c.yaml")],
                              capture_output=True, text=True, timeout=30)
        assert done.stderr == "" and len(json.loads(done.stdout)["warnings"]) == 1


# --- the hub ------------------------------------------------------------------


def hub_text(port, url, more):
    return (f"title: test\nlisten: 127.0.0.1:{port}\nstations:\n- name: fra\n"
            f"  url: {url}\n  ca_file: web.pem\n{more}")


@contextlib.contextmanager
def hub(s, more, web=""):
    """A hub of that station, which is known to it by its name or address."""
    port = free_port()
    text = hub_text(port, f"https://localhost:{s.port}", more) + web
    with Program(s.folder, "hub", text, port) as h:
        yield h


def station_at(h):
    done = subprocess.run(
        ["curl", "-q", "-s", "--noproxy", "*", "--max-time", "20",
         f"http://127.0.0.1:{h.port}/api/v1/stations"],
        capture_output=True, timeout=30)
    return json.loads(done.stdout)["stations"][0] if done.stdout else {}


def hears(h):
    wait_until("the hub hears it",
               lambda: station_at(h).get("answer") == "answers", 40)
    seen = station_at(h)
    assert (seen["city"], seen["operator"], seen["latitude"]) == (
        "Frankfurt", "AS64496", 50.11), seen


def is_told(h, *words):
    def look():
        seen = station_at(h)
        return seen.get("answer") == "never" and any(
            word in (seen["trouble"] or "") for word in words)
    try:
        wait_until("the hub tells why not", look)
    except AssertionError:
        raise AssertionError(station_at(h)) from None


def a_hub_shows_its_certificate():
    with station() as s:
        with hub(s, "  client_certificate: hub.pem\n  client_key: hub.key\n") as h:
            hears(h)
        with hub(s, "") as h:
            is_told(h, "certificate required")
        with hub(s, "  client_certificate: stranger.pem\n"
                    "  client_key: stranger.key\n") as h:
            is_told(h, "unknown ca")


def a_hub_says_its_token():
    with station(ALONE + "  token_file: token\n") as s:
        s.folder.write("wrong", "another-token-of-some-length\n")
        with hub(s, "  token_file: token\n") as h:
            hears(h)
        for more in ("", "  token_file: wrong\n"):
            with hub(s, more) as h:
                is_told(h, "401")


def a_hub_protects_itself_alike():
    web = MUTUAL + "  token_file: token\n"
    with station(ALONE) as s, hub(s, "", "web:\n" + web) as h:
        assert h.ask("/")[0] == 401
        token = f"Authorization: Bearer {TOKEN}"
        wait_until("the hub hears it", lambda: h.json(
            "/api/v1/stations", token)["stations"][0]["answer"] == "answers", 40)
        assert h.json("/healthz")["status"] == "ok"
        assert "alert" in h.is_refused(h.context(None)).lower()
        old = h.shown()
        key = s.folder.read(f"{NAME}.key")
        s.folder.write(f"{NAME}.key", s.folder.read("hub.key"))
        h.process.send_signal(signal.SIGHUP)
        h.says(f"refused, the old one stays: {h.config}:9:8: web.key: ")
        s.folder.write(f"{NAME}.key", key)
        assert h.shown() == old
        assert h.ask("/", token)[0] == 200


def main():
    cases = {name: case for name, case in globals().items()
             if callable(case) and getattr(case, "__module__", "") == __name__}
    cases[sys.argv[1]]()


if __name__ == "__main__":
    main()
