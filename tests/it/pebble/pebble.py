"""A Pebble of the test's own, on loopback, with everything it needs."""

import contextlib
import json
import os
import random
import re
import socket
import ssl
import subprocess
import tempfile
import time
import urllib.request

DEADLINE = 30


def free_port():
    """A port that is free now at every address, and that neither the kernel
    gives to who connects nor, but for one in ten thousand, another test takes.
    """
    with open("/proc/sys/net/ipv4/ip_local_port_range") as f:
        above = int(f.read().split()[0])
    while True:
        port = random.randrange(above - 12000, above)
        with contextlib.suppress(OSError), socket.socket() as s:
            s.bind(("", port))
            return port


def wait_until(what, ready, seconds=DEADLINE):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = ready()
        if value:
            return value
        time.sleep(0.05)
    raise AssertionError(f"{what}: not within {seconds} s")


def answers(port):
    with contextlib.suppress(OSError), socket.create_connection(
        ("127.0.0.1", port), 1
    ):
        return True
    return False


def run(*command):
    subprocess.run(
        command, check=True, stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


class Pebble:
    """Started by `with`, ended when the block is left."""

    def __init__(self, nonce_reject=5, reuse=50, sleep=False, chain_length=None,
                 alternate_roots=None, binding=None):
        self.environment = dict(os.environ)
        self.environment["PEBBLE_WFE_NONCEREJECT"] = str(nonce_reject)
        self.environment["PEBBLE_AUTHZREUSE"] = str(reuse)
        if not sleep:
            self.environment["PEBBLE_VA_NOSLEEP"] = "1"
        if chain_length is not None:
            self.environment["PEBBLE_CHAIN_LENGTH"] = str(chain_length)
        if alternate_roots is not None:
            self.environment["PEBBLE_ALTERNATE_ROOTS"] = str(alternate_roots)
        self.alternate_roots = alternate_roots or 0
        self.binding = binding
        self.processes = []

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="acmeter-it-")
        self.port, self.management = free_port(), free_port()
        self.dns, self.dns_management = free_port(), free_port()
        self.responder = free_port()
        self.directory = f"https://localhost:{self.port}/dir"
        try:
            self._make_tls()
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            process.wait()
        self.folder.cleanup()

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def _make_tls(self):
        new = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        run("openssl", "req", "-x509", *new, "-days", "2", "-subj", "/CN=it",
            "-keyout", self.path("ca.key"), "-out", self.path("ca.pem"),
            "-addext", "basicConstraints=critical,CA:TRUE",
            "-addext", "keyUsage=critical,keyCertSign")
        run("openssl", "req", *new, "-subj", "/CN=localhost",
            "-keyout", self.path("tls.key"), "-out", self.path("tls.csr"))
        with open(self.path("tls.ext"), "w") as f:
            f.write("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
        run("openssl", "x509", "-req", "-days", "2", "-in", self.path("tls.csr"),
            "-CA", self.path("ca.pem"), "-CAkey", self.path("ca.key"),
            "-CAcreateserial", "-extfile", self.path("tls.ext"),
            "-out", self.path("tls.pem"))

    def _spawn(self, log, *command):
        with open(self.path(log), "w") as f:
            self.processes.append(subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=f, stderr=f,
                env=self.environment, cwd=self.folder.name))

    def _start(self):
        config = {
            "listenAddress": f"127.0.0.1:{self.port}",
            "managementListenAddress": f"127.0.0.1:{self.management}",
            "certificate": self.path("tls.pem"),
            "privateKey": self.path("tls.key"),
            "httpPort": self.responder,
            "tlsPort": free_port(),
            "ocspResponderURL": "",
        }
        if self.binding:
            config["externalAccountBindingRequired"] = True
            config["externalAccountMACKeys"] = self.binding
        with open(self.path("pebble.json"), "w") as f:
            json.dump({"pebble": config}, f)
        self._spawn("dns.log", "pebble-challtestsrv",
                    "-dns01", f"127.0.0.1:{self.dns}",
                    "-management", f"127.0.0.1:{self.dns_management}",
                    "-http01", "", "-https01", "", "-tlsalpn01", "",
                    "-defaultIPv6", "")
        self._spawn("pebble.log", "pebble", "-config", self.path("pebble.json"),
                    "-dnsserver", f"127.0.0.1:{self.dns}")
        wait_until("Pebble listens", lambda: answers(self.port))
        wait_until("Pebble's management listens",
                   lambda: answers(self.management))
        with open(self.path("roots.pem"), "w") as f:
            for i in range(1 + self.alternate_roots):
                f.write(self.managed(f"/roots/{i}"))

    def managed(self, path):
        context = ssl.create_default_context(cafile=self.path("ca.pem"))
        url = f"https://localhost:{self.management}{path}"
        with urllib.request.urlopen(url, context=context, timeout=10) as answer:
            return answer.read().decode()

    # What Pebble's own log says that it was asked, by operation.
    PATHS = {
        "/dir": "directory",
        "/nonce-plz": "newNonce",
        "/sign-me-up": "newAccount",
        "/order-plz": "newOrder",
        "/authZ/": "authorization",
        "/chalZ/": "challenge",
        "/finalize-order/": "finalize",
        "/my-order/": "order",
        "/certZ/": "certificate",
        "/revoke-cert": "revokeCert",
    }

    def asked(self):
        counts = {}
        with open(self.path("pebble.log")) as f:
            for line in f:
                found = re.search(r"(GET|HEAD|POST) (/\S*) -> calling", line)
                if not found:
                    continue
                path = found.group(2)
                op = next((op for prefix, op in self.PATHS.items()
                           if path.startswith(prefix)), path)
                counts[op] = counts.get(op, 0) + 1
        return counts
