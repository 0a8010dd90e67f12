"""CPU and wall time of one issuance, beside the clients that people use.

All against the same Pebble, with the same roots: the system's and the two of
this Pebble, laid over /etc/ssl/certs in a mount namespace of this run's own.
Every client has an account already and gets a certificate with a P-256 key by
http-01. Run by bench/run, which has made the namespace.
"""

import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import threading
import time
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "tests", "it",
                                "pebble"))
from pebble import Pebble  # noqa: E402

ROUNDS = int(os.environ.get("BENCH_ROUNDS", "15"))


def trust(ca):
    """Puts the roots of this Pebble beside the system's, for everybody."""
    certs = ca.path("certs")
    shutil.copytree("/etc/ssl/certs", certs)
    with open(os.path.join(certs, "ca-certificates.crt"), "a") as bundle:
        for name in ("ca.pem", "roots.pem"):
            with open(ca.path(name)) as f:
                pem = f.read()
            bundle.write(pem)
            with open(os.path.join(certs, "bench-" + name), "w") as f:
                f.write(pem)
    subprocess.run(["openssl", "rehash", certs], check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    subprocess.run(["mount", "--bind", certs, "/etc/ssl/certs"], check=True)


def run(command, environment=None):
    """CPU and wall time in milliseconds; children and all."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.time()
    done = subprocess.run(command, stdin=subprocess.DEVNULL, env=environment,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    after, ended = resource.getrusage(resource.RUSAGE_CHILDREN), time.time()
    if done.returncode != 0:
        sys.exit(f"{command}: {done.stdout.decode()[-3000:]}")
    cpu = (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return cpu * 1000, (ended - began) * 1000


class Webroot:
    """A web server for the one client that brings none; not counted."""

    def __init__(self, port, folder):
        class Quiet(SimpleHTTPRequestHandler):
            def __init__(self, *args):
                super().__init__(*args, directory=folder)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", port), Quiet)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def end(self):
        self.server.shutdown()
        self.server.server_close()


def acmeter(ca, name, first):
    return [os.environ["ACMETER"], "probe", "--account-key",
            ca.path("acmeter.key"), "--responder", f"127.0.0.1:{ca.responder}",
            "--name", name, ca.directory]


def lego(ca, name, first):
    return ["lego", "--server", ca.directory, "--accept-tos", "--email",
            "bench@example.org", "--path", ca.path("lego"), "--http",
            "--http.port", f"127.0.0.1:{ca.responder}", "--key-type", "ec256",
            "--domains", name, "run", "--no-bundle"]


def certbot(ca, name, first):
    return ["certbot", "certonly", "--standalone", "--http-01-port",
            str(ca.responder), "--http-01-address", "127.0.0.1", "--server",
            ca.directory, "--config-dir", ca.path("certbot"), "--work-dir",
            ca.path("certbot"), "--logs-dir", ca.path("certbot"), "-n",
            "--agree-tos", "--register-unsafely-without-email", "--key-type",
            "ecdsa", "-d", name]


def uacme(ca, name, first):
    if first:
        run(["uacme", "-y", "-a", ca.directory, "-c", ca.path("uacme"), "-t",
             "EC", "new"])
        with open(ca.path("hook"), "w") as f:
            f.write(f"""#!/bin/sh
d={ca.path("webroot")}/.well-known/acme-challenge
[ "$2" = http-01 ] || exit 1
case "$1" in
begin) mkdir -p "$d" && printf %s "$5" >"$d/$4" ;;
done | failed) rm -f "$d/$4" ;;
esac
""")
        os.chmod(ca.path("hook"), 0o755)
    return ["uacme", "-a", ca.directory, "-c", ca.path("uacme"), "-t", "EC",
            "-h", ca.path("hook"), "issue", name]


def measure(ca, client):
    label = client.__name__
    # certbot brings roots of its own unless it is told otherwise.
    environment = dict(os.environ, REQUESTS_CA_BUNDLE=(
        "/etc/ssl/certs/ca-certificates.crt"))
    webroot = None
    if client is uacme:
        os.makedirs(ca.path("webroot"), exist_ok=True)
        webroot = Webroot(ca.responder, ca.path("webroot"))
    run(client(ca, f"{label}-first.test", True), environment)
    rounds = [run(client(ca, f"{label}-{i}.test", False), environment)
              for i in range(ROUNDS)]
    if webroot:
        webroot.end()
    cpu, wall = zip(*rounds)
    return {"client": label, "rounds": ROUNDS,
            "cpu_ms": statistics.median(cpu), "cpu_spread_ms":
            [min(cpu), max(cpu)], "wall_ms": statistics.median(wall)}


def main():
    with Pebble(nonce_reject=0, reuse=0) as ca:
        trust(ca)
        for client in (acmeter, lego, uacme, certbot):
            print(json.dumps(measure(ca, client)), flush=True)
        subprocess.run(["umount", "/etc/ssl/certs"], check=True)


main()
