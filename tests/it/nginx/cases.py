"""packaging/nginx in a real nginx: each function is one case, run by its name.

The files are taken as they are; only names, ports and paths are put in their
place, and each of those must be found in them.
"""

import contextlib
import http.server
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.join(HERE, "../../..")
sys.path.insert(0, os.path.join(HERE, "../pebble"))
from certificates import make_ca, make_leaf  # noqa: E402
from pebble import answers, free_port, wait_until  # noqa: E402

WEB_HOST = os.environ["WEB_HOST"]
PATH = os.pathsep.join(
    [os.path.join(ROOT, "build/tools"), "/usr/sbin", os.environ["PATH"]])


class Nginx:
    """One of the files, served; `upstream` is the port of what is behind."""

    def __init__(self, example, upstream):
        self.folder = tempfile.mkdtemp(prefix="acmeter-nginx-")
        # nginx ends up as another user only when it is started as root.
        os.chmod(self.folder, 0o755)
        self.name = {"page": "status.example.org",
                     "station": "fra.example.org"}[example]
        self.port, self.plain = free_port(), free_port()
        make_ca(self.folder, "web")
        make_ca(self.folder, "readers-ca")
        make_ca(self.folder, "strangers")
        make_leaf(self.folder, "web", self.name, "serverAuth")
        make_leaf(self.folder, "readers-ca", "hub", "clientAuth")
        make_leaf(self.folder, "strangers", "stranger", "clientAuth")
        self._configure(example, upstream)
        self.process = subprocess.Popen(
            [shutil.which("nginx", path=PATH), "-p", self.folder,
             "-e", f"{self.folder}/error.log", "-c", f"{self.folder}/nginx.conf"],
            stdin=subprocess.DEVNULL)
        wait_until("nginx listens", lambda: answers(self.port))

    def _configure(self, example, upstream):
        with open(f"{ROOT}/packaging/nginx/acmeter-{example}.conf") as f:
            text = f.read()
        changes = {"page": {"[::]:443": f"[::1]:{self.port}",
                            "listen 443": f"listen 127.0.0.1:{self.port}",
                            "[::]:80;": f"[::1]:{self.plain};",
                            "listen 80;": f"listen 127.0.0.1:{self.plain};",
                            "127.0.0.1:8480;": f"127.0.0.1:{upstream};"},
                   "station": {"[::]:8476": f"[::1]:{self.port}",
                               "listen 8476": f"listen 127.0.0.1:{self.port}",
                               "127.0.0.1:8475;": f"127.0.0.1:{upstream};"}}
        changes = changes[example] | {"/etc/acmeter/tls": self.folder}
        for old, new in changes.items():
            assert old in text, old
            text = text.replace(old, new)
        if not os.path.exists("/proc/net/if_inet6"):
            text = "".join(line for line in text.splitlines(True)
                           if "listen [::1]" not in line)
        with open(f"{self.folder}/acmeter.conf", "w") as f:
            f.write(text)
        places = "".join(
            f"{kind}_temp_path {self.folder}/{kind};\n" for kind in
            ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        with open(f"{self.folder}/nginx.conf", "w") as f:
            f.write(f"daemon off;\nmaster_process off;\n"
                    f"pid {self.folder}/pid;\nevents {{}}\n"
                    f"http {{\naccess_log off;\n{places}"
                    f"include {self.folder}/acmeter.conf;\n}}\n")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        # SIGTERM ends it at once, with its connections.
        self.process.terminate()
        status = self.process.wait(20)
        with open(f"{self.folder}/error.log") as f:
            said = [line for line in f if "[emerg]" in line or "[alert]" in line]
        shutil.rmtree(self.folder)
        assert status == 0 and not said, (status, said)

    def curl(self, target, *more, port=None, scheme="https"):
        port = port or self.port
        return ["curl", "-q", "--silent", "--show-error", "--max-time", "30",
                "--noproxy", "*", "--cacert", f"{self.folder}/web.pem",
                "--resolve", f"{self.name}:{port}:127.0.0.1", *more,
                f"{scheme}://{self.name}:{port}{target}"]

    def get(self, target, *more, **where):
        """Status, protocol, headers in lower case, and body."""
        done = subprocess.run(
            self.curl(target, "--dump-header", "-", *more, **where),
            capture_output=True, timeout=60)
        assert done.returncode == 0, done
        head, _, body = done.stdout.partition(b"\r\n\r\n")
        first, *fields = head.decode().split("\r\n")
        protocol, status = first.split()[:2]
        return (int(status), protocol,
                {k.lower(): v for k, v in (f.split(": ", 1) for f in fields)},
                body)

    def identity(self, name):
        return ["--cert", f"{self.folder}/{name}.pem",
                "--key", f"{self.folder}/{name}.key"]


@contextlib.contextmanager
def station():
    """The web process of a station on some minutes of record: its port."""
    with station_and_record() as (port, _):
        yield port


@contextlib.contextmanager
def station_and_record():
    folder = tempfile.mkdtemp(prefix="acmeter-nginx-")
    subprocess.run([WEB_HOST, "fill", f"{folder}/db", "30"], check=True)
    process = subprocess.Popen([WEB_HOST, "serve", f"{folder}/db", "64"],
                               stdout=subprocess.PIPE)
    try:
        yield int(process.stdout.readline()), f"{folder}/db"
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(10)
        process.stdout.close()
        shutil.rmtree(folder)


@contextlib.contextmanager
def upstream(handle):
    """A server of the test's own: handle(request handler) answers a GET."""
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # head and body leave together

        def do_GET(self):
            handle(self)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def say(request, body):
    request.send_response(200)
    request.send_header("Content-Length", str(len(body)))
    request.end_headers()
    request.wfile.write(body)


# --- the page -----------------------------------------------------------------


def page_and_json_come_by_tls_and_http2():
    with station() as port, Nginx("page", port) as n:
        status, protocol, fields, body = n.get("/", "--http2")
        assert (status, protocol) == (200, "HTTP/2"), (status, protocol)
        assert b"pebble issues certificates" in body
        assert fields["content-security-policy"].startswith("default-src 'none'")
        assert fields["strict-transport-security"] == "max-age=31536000"
        assert fields["server"] == "nginx"
        status, protocol, fields, body = n.get(
            "/api/v1/exchanges?after=0&limit=1000", "--http2")
        assert status == 200 and fields["content-type"] == "application/json"
        assert len(json.loads(body)["exchanges"]) > 100
        # Also for those who do not speak HTTP/2, and what is refused.
        assert n.get("/healthz", "--http1.1")[1] == "HTTP/1.1"
        status, _, _, body = n.get("/api/v1/nothing")
        assert status == 404 and json.loads(body)["status"] == 404
        # An entity tag goes both ways.
        tag = n.get("/api/v1/exchanges?after=0&limit=5")[2]["etag"]
        assert n.get("/api/v1/exchanges?after=0&limit=5", "-H",
                     f"If-None-Match: {tag}")[0] == 304


def plain_http_is_sent_to_tls():
    with station() as port, Nginx("page", port) as n:
        status, _, fields, _ = n.get("/?ca=pebble", port=n.plain, scheme="http")
        assert status == 301
        assert fields["location"] == f"https://{n.name}/?ca=pebble"


def events_are_not_kept_back():
    """The second event is sent only when the first has been read."""
    go_on = threading.Event()

    def stream(request):
        request.send_response(200)
        request.send_header("Content-Type", "text/event-stream")
        request.end_headers()
        request.wfile.write(b"event: sample\ndata: {\"id\":1}\n\n")
        request.wfile.flush()
        if go_on.wait(30):
            request.wfile.write(b"event: sample\ndata: {\"id\":2}\n\n")
        request.close_connection = True

    for example in ("page", "station"):
        go_on.clear()
        with upstream(stream) as port, Nginx(example, port) as n:
            process = subprocess.Popen(
                n.curl("/api/v1/events", "--no-buffer", *n.identity("hub")),
                stdout=subprocess.PIPE)
            first = [process.stdout.readline() for _ in range(3)]
            assert first == [b"event: sample\n", b'data: {"id":1}\n', b"\n"]
            go_on.set()
            assert b'data: {"id":2}\n' in process.stdout.read()
            assert process.wait(30) == 0
            process.stdout.close()


def what_a_station_records_is_told_through_it():
    with station_and_record() as (port, record), Nginx("page", port) as n:
        process = subprocess.Popen(n.curl("/api/v1/events", "--no-buffer"),
                                   stdout=subprocess.PIPE)
        try:
            # The first event says that the stream stands.
            while not process.stdout.readline().startswith(b"data: "):
                assert process.poll() is None
            subprocess.run([WEB_HOST, "add", record], check=True)
            while process.stdout.readline() != b"event: sample\n":
                assert process.poll() is None
            data = json.loads(process.stdout.readline().removeprefix(b"data: "))
            assert data["station"] == "fra" and data["took_us"] > 0, data
        finally:
            process.terminate()
            process.wait()
            process.stdout.close()


def who_asks_too_much_is_told_so():
    with upstream(lambda request: say(request, b"{}")) as port:
        with Nginx("page", port) as n:
            done = subprocess.run(
                n.curl("/api/v1/exchanges?after=[1-400]", "-o", "/dev/null",
                       "-w", "%{http_code} %{time_total}\\n"),
                capture_output=True, text=True, timeout=100)
    answered = [line.split() for line in done.stdout.splitlines()]
    codes = [code for code, _ in answered]
    assert len(codes) == 400 and set(codes) <= {"200", "429"}, done
    # The burst that a page needs is there, and it is not without end: what was
    # let through is that and 20 for each second that it took.
    assert codes[:60] == ["200"] * 60, codes
    took = sum(float(seconds) for _, seconds in answered)
    assert codes.count("200") <= 62 + 20 * (took + 5), (codes, took)


# --- the station --------------------------------------------------------------


def a_station_answers_its_readers_only():
    with station() as port, Nginx("station", port) as n:
        status, protocol, _, body = n.get("/api/v1/station", "--http2",
                                          *n.identity("hub"))
        assert (status, protocol) == (200, "HTTP/2")
        assert json.loads(body)["station"]
        for who in ([], n.identity("stranger")):
            status, _, _, body = n.get("/api/v1/station", *who)
            assert status == 400 and b"station\":" not in body, (who, body)


def a_hub_hears_a_station_through_it():
    acmeter, folder = os.environ["ACMETER"], tempfile.mkdtemp()
    with station() as port, Nginx("station", port) as n:
        page = free_port()
        with open(f"{folder}/hub.yaml", "w") as f:
            f.write(f"title: test\nlisten: 127.0.0.1:{page}\nstations:\n"
                    f"  - name: fra\n    url: https://localhost:{n.port}\n"
                    f"    ca_file: {n.folder}/web.pem\n"
                    f"    client_certificate: {n.folder}/hub.pem\n"
                    f"    client_key: {n.folder}/hub.key\n")
        hub = subprocess.Popen([acmeter, "hub", "-c", f"{folder}/hub.yaml"])

        def is_heard():
            assert hub.poll() is None, hub.returncode
            done = subprocess.run(
                ["curl", "-q", "--silent", "--noproxy", "*",
                 f"http://127.0.0.1:{page}/api/v1/stations"],
                capture_output=True, timeout=30)
            return done.returncode == 0 and \
                json.loads(done.stdout)["stations"][0]["answer"] == "answers"

        try:
            wait_until("the hub hears the station", is_heard)
        finally:
            hub.terminate()
            hub.wait(20)
            shutil.rmtree(folder)


def a_token_goes_through():
    with upstream(lambda r: say(r, r.headers["Authorization"].encode())) as port:
        with Nginx("station", port) as n:
            body = n.get("/api/v1/station", "-H", "Authorization: Bearer a.b-c",
                         *n.identity("hub"))[3]
            assert body == b"Bearer a.b-c", body


def bodies_and_long_heads_are_refused():
    with station() as port, Nginx("page", port) as n:
        assert n.get("/", "--data-binary", "x" * 2000)[0] == 413
        assert n.get("/?" + "x" * 9000, "--http1.1")[0] == 414
        assert n.get("/healthz", "-H", "X-Long: " + "x" * 9000,
                     "--http1.1")[0] == 400
        assert n.get("/healthz")[0] == 200


def main():
    cases = {name: case for name, case in globals().items()
             if callable(case) and getattr(case, "__module__", "") == __name__}
    cases[sys.argv[1]]()


if __name__ == "__main__":
    main()
