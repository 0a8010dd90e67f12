"""demo/distance: each function is one case, run by its name.

A delay has a least length and no greatest, so that lower bounds are all that is
said of time.
"""

import contextlib
import hashlib
import json
import os
import random
import re
import socket
import struct
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../pebble"))
from pebble import Pebble, free_port, wait_until  # noqa: E402

ACMETER, DISTANCE = os.environ["ACMETER"], os.environ["DISTANCE"]
HERE = "127.0.0.2"
PATIENCE = 30


def is_listening(port):
    """Not by connecting: that would be heard at the other end."""
    with open("/proc/net/tcp") as table:
        return any(line.split()[1] == f"0200007F:{port:04X}"
                   and line.split()[3] == "0A" for line in table)


@contextlib.contextmanager
def distance(to, rtt="40ms", *more):
    """A port at HERE that is so far from the one at 127.0.0.1."""
    port = free_port()
    process = subprocess.Popen(
        [DISTANCE, "--rtt", rtt, "--listen", f"{HERE}:{port}",
         "--to", f"127.0.0.1:{to}", *more], stdin=subprocess.DEVNULL)
    try:
        wait_until("the distance listens", lambda: is_listening(port))
        yield port, process
    finally:
        process.terminate()
        assert process.wait(10) == 0, process.returncode


@contextlib.contextmanager
def server(handle):
    """Each connection is handled in a thread of its own."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=256)
    threads = []

    def one(peer):
        with peer:
            peer.settimeout(PATIENCE)
            handle(peer)

    def accept():
        with contextlib.suppress(OSError):
            while True:
                peer, _ = listener.accept()
                threads.append(threading.Thread(target=one, args=(peer,)))
                threads[-1].start()

    accepting = threading.Thread(target=accept)
    accepting.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for thread in [accepting, *threads]:
            thread.join(PATIENCE)
            assert not thread.is_alive()


def connect(port):
    return socket.create_connection((HERE, port), timeout=PATIENCE)


def echo(peer):
    while data := peer.recv(65536):
        peer.sendall(data)


def read_all(s):
    data = b""
    while more := s.recv(65536):
        data += more
    return data


def what_is_said_wrong_is_refused():
    good = ["--rtt", "10ms", "--listen", "127.0.0.2:1", "--to", "127.0.0.1:2"]
    for words in (
        [], good[:2], good[:4], ["--rtt", "10", *good[2:]],
        ["--rtt", "0ms", *good[2:]], ["--rtt", "11s", *good[2:]],
        [*good, "more"], [*good, "--listen", "127.0.0.1:3"],
        [*good[:2], "--listen", "192.0.2.1:80", *good[4:]],
        [*good[:2], "--listen", "127.0.0.1:0", *good[4:]],
        [*good[:2], "--listen", "localhost:80", *good[4:]],
        [*good, "--seed", "x"], [*good, "--what"], [*good, "--seed"],
        [*good[:4], "--listen", "127.0.0.1:3", *good[4:]],
    ):
        done = subprocess.run([DISTANCE, *words], capture_output=True,
                              text=True, timeout=20)
        assert done.returncode == 64, (words, done)
        assert done.stderr.startswith("distance: "), done
    with socket.create_server((HERE, 0)) as other:
        port = other.getsockname()[1]
        done = subprocess.run(
            [DISTANCE, "--rtt", "1ms", "--listen", f"{HERE}:{port}", "--to",
             "127.0.0.1:1"], capture_output=True, text=True, timeout=20)
        assert done.returncode == 3, done
        assert f"{HERE}:{port}: cannot listen" in done.stderr, done


def connecting_and_asking_cost_a_round_trip_each():
    with server(echo) as to, distance(to, "100ms") as (port, _):
        for _ in range(3):
            begun = time.monotonic()
            with connect(port) as s:
                connected = time.monotonic()
                s.sendall(b"hello")
                assert s.recv(10) == b"hello"
                answered = time.monotonic()
                assert connected - begun >= 0.1, connected - begun
                assert answered - connected >= 0.1, answered - connected


def bytes_arrive_as_they_were_sent():
    data = random.Random(7).randbytes(3_000_000)

    def digest(peer):
        peer.sendall(hashlib.sha256(read_all(peer)).digest())

    with server(digest) as to, distance(to, "4ms") as (port, _):
        with connect(port) as s:
            s.sendall(data)
            s.shutdown(socket.SHUT_WR)
            assert read_all(s) == hashlib.sha256(data).digest()
    # The other way, by somebody who reads little at a time.
    with server(lambda peer: peer.sendall(data)) as to:
        with distance(to, "4ms") as (port, _), connect(port) as s:
            got = b""
            while more := s.recv(5000):
                got += more
            assert got == data


def who_does_not_read_holds_back_who_sends():
    sent = []

    def flood(peer):
        peer.settimeout(2)
        with contextlib.suppress(OSError):
            while len(sent) < 2000:
                peer.sendall(bytes(65536))
                sent.append(1)

    with server(flood) as to, distance(to, "4ms") as (port, process):
        with connect(port):
            wait_until("the sender is held back", lambda: is_still(sent))
            with open(f"/proc/{process.pid}/status") as status:
                kib = int(re.search(r"VmRSS:\s+(\d+)", status.read())[1])
            # Sanitizers keep much of what was freed.
            assert kib < 200 * 1024, kib
        assert len(sent) < 2000


def is_still(things):
    before = len(things)
    time.sleep(0.5)
    return before and len(things) == before


def an_end_and_a_reset_arrive_as_such():
    ends = []

    def note(peer):
        try:
            peer.sendall(b"bye" if read_all(peer) == b"hello" else b"?")
            ends.append("end")
        except ConnectionResetError:
            ends.append("reset")

    with server(note) as to, distance(to) as (port, _):
        with connect(port) as s:
            s.sendall(b"hello")
            s.shutdown(socket.SHUT_WR)
            assert read_all(s) == b"bye"
        s = connect(port)
        s.sendall(b"hello")
        wait_until("the end is seen", lambda: ends == ["end"])
        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                     struct.pack("ii", 1, 0))
        s.close()
        wait_until("the reset is seen", lambda: ends == ["end", "reset"])


def nobody_at_the_far_end_is_a_reset():
    with distance(free_port()) as (port, _):
        try:
            with connect(port) as s:
                assert s.recv(1) == b"", "nothing could be read"
                raise AssertionError("an orderly end where nobody was")
        except ConnectionError:
            pass


def a_hundred_connect_at_once():
    with server(echo) as to, distance(to, "60ms") as (port, _):
        open_ = []
        for _ in range(100):
            s = socket.socket()
            s.setblocking(False)
            s.connect_ex((HERE, port))
            open_.append(s)
        for i, s in enumerate(open_):
            s.settimeout(PATIENCE)
            wait_until("it connects", lambda: has_peer(s))
            s.sendall(b"%d" % i)
        for i, s in enumerate(open_):
            assert s.recv(10) == b"%d" % i
            s.close()


def has_peer(s):
    try:
        s.getpeername()
        return True
    except OSError:
        return False


def phases(exchanges, name):
    return [e["phases_us"][name] for e in exchanges
            if e["phases_us"][name] is not None]


def the_probe_sees_the_distance():
    """Connecting, and every wait, contain a round trip; the URLs that the CA
    makes lead through the same way."""
    rtt_us = 150_000
    with Pebble(nonce_reject=0, reuse=0) as ca:
        with distance(ca.port, "150ms") as (port, _):
            done = subprocess.run(
                [ACMETER, "probe", "--json", "--ca-file", ca.path("ca.pem"),
                 "--account-key", ca.path("account.key"), "--responder",
                 f"127.0.0.1:{ca.responder}", "--roots", ca.path("roots.pem"),
                 "--name", "it.acmeter.test",
                 "--resolve", f"localhost:{HERE}",
                 f"https://localhost:{port}/dir"],
                capture_output=True, text=True, timeout=100)
        assert done.returncode == 0, done
        *exchanges, issuance = map(json.loads, done.stdout.splitlines())
        assert issuance["outcome"] == "ok", issuance
        connects = phases(exchanges, "connect")
        assert connects and min(connects) >= rtt_us, connects
        assert min(phases(exchanges, "wait")) >= rtt_us, exchanges
        assert min(phases(exchanges, "tls")) >= rtt_us, exchanges
        assert {e["port"] for e in exchanges} == {port}
        assert {e["address"] for e in exchanges} == {HERE}


def main():
    cases = {name: case for name, case in globals().items()
             if callable(case) and case.__module__ == __name__}
    cases[sys.argv[1]]()


if __name__ == "__main__":
    main()
