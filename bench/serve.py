"""What visitors cost: requests a second beside nginx, and open event streams.

A real station obtains certificates from a Pebble while it is asked. What it
answered is then given to nginx as files, compressed as it came, and nginx is
asked the same way; the two take turns. Last, the error of a measured `wait`
(bench/wait_error.c) while visitors watch, beside the same without any.
Run by bench/run.
"""

import asyncio
import gzip
import json
import os
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "tests", "it",
                                "pebble"))
os.environ.setdefault("ACMETER", "acmeter")
from cases import Station  # noqa: E402
from pebble import Pebble, answers, free_port, wait_until  # noqa: E402
from process import cpu_ms, rss_kib  # noqa: E402

STREAMS = int(os.environ.get("BENCH_STREAMS", "3000"))
ROUNDS = int(os.environ.get("BENCH_SERVE_ROUNDS", "5"))
SECONDS = int(os.environ.get("BENCH_SERVE_SECONDS", "4"))
OPEN_TOGETHER = 32
# An hour of a station that does two a minute.
RECORD = 120
TOOLS = os.pathsep.join(["build/tools", "/usr/sbin", os.environ["PATH"]])


# --- one measurement --------------------------------------------------------


def wrk(port, path, seconds=SECONDS):
    """Requests a second, p50 and p99 in milliseconds."""
    done = subprocess.run(
        ["wrk", "-t1", f"-c{OPEN_TOGETHER}", f"-d{seconds}s", "--latency",
         "-H", "Accept-Encoding: gzip", f"http://127.0.0.1:{port}{path}"],
        capture_output=True, text=True, check=True).stdout
    assert "Non-2xx" not in done and "Socket errors" not in done, done

    def ms(share):
        value, unit = re.search(rf"{share}%\s+([\d.]+)(us|ms|s)\b",
                                done).groups()
        return float(value) * {"us": 0.001, "ms": 1, "s": 1000}[unit]

    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", done).group(1))
    return rate, ms(50), ms(99)


def get(port, path):
    asked = urllib.request.Request(f"http://127.0.0.1:{port}{path}",
                                   headers={"Accept-Encoding": "gzip"})
    with urllib.request.urlopen(asked, timeout=10) as answer:
        return (answer.read(), answer.headers.get("Content-Encoding"),
                answer.headers["Content-Type"])


# --- nginx ------------------------------------------------------------------


class Nginx:
    """One worker that serves these answers as files."""

    def __init__(self, files):
        self.folder = tempfile.mkdtemp(prefix="acmeter-bench-")
        os.chmod(self.folder, 0o755)
        self.port = free_port()
        places = []
        for n, (body, encoding, kind) in enumerate(files):
            with open(f"{self.folder}/{n}", "wb") as f:
                f.write(body)
            head = (f"add_header Content-Encoding {encoding};"
                    if encoding else "")
            places.append(f"location = /{n} {{ types {{ }} "
                          f"default_type \"{kind}\"; {head} }}")
        kept = "".join(f"{what}_temp_path {self.folder}/{what};\n" for what in
                       ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        with open(f"{self.folder}/nginx.conf", "w") as f:
            f.write(f"daemon off;\nmaster_process off;\n"
                    f"pid {self.folder}/pid;\n"
                    f"events {{ worker_connections 1024; }}\n"
                    f"http {{\naccess_log off;\n{kept}sendfile on;\n"
                    f"tcp_nopush on;\nkeepalive_requests 100000000;\n"
                    f"open_file_cache max=100;\n"
                    f"server {{ listen 127.0.0.1:{self.port};\n"
                    f"root {self.folder};\n" + "\n".join(places) + "\n}\n}\n")
        self.process = subprocess.Popen(
            [shutil.which("nginx", path=TOOLS), "-p", self.folder,
             "-e", f"{self.folder}/error.log", "-c",
             f"{self.folder}/nginx.conf"], stdin=subprocess.DEVNULL)
        wait_until("nginx listens", lambda: answers(self.port))

    def end(self):
        self.process.terminate()
        self.process.wait(20)
        shutil.rmtree(self.folder)


def beside_nginx(station):
    page = get(station.port, "/")[0]
    script = re.search(r'src="(/assets/[^"]+\.js)"', zipped(page)).group(1)
    paths = ["/", "/api/v1/station",
             "/api/v1/latency?ca=pebble&op=newOrder&window=60m",
             "/api/v1/exchanges?after=0", script]
    answers_of = [get(station.port, path) for path in paths]
    nginx = Nginx(answers_of)
    rows = []
    try:
        for n, path in enumerate(paths):
            assert get(nginx.port, f"/{n}")[:2] == answers_of[n][:2], path
            ours, theirs = [], []
            for _ in range(ROUNDS):
                ours.append(wrk(station.port, path))
                theirs.append(wrk(nginx.port, f"/{n}"))
            rows.append({
                "path": "/assets/….js" if path == script else path,
                "bytes": len(answers_of[n][0]),
                "ours": [statistics.median(c) for c in zip(*ours)],
                "nginx": [statistics.median(c) for c in zip(*theirs)]})
    finally:
        nginx.end()
    return rows


def zipped(body):
    return gzip.decompress(body).decode()


# --- streams ----------------------------------------------------------------


class Crowd:
    """A process of its own that holds the streams open and counts events."""

    def __init__(self, port, count):
        self.process = subprocess.Popen(
            [sys.executable, "-B", __file__, "crowd", str(port), str(count)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout.readline() == "open\n"

    def end(self):
        """The fewest events that one of them got, and all together."""
        said, _ = self.process.communicate("\n", timeout=60)
        return json.loads(said)


async def crowd(port, count):
    got = [0] * count
    done = asyncio.Event()
    up = 0

    async def watch(n):
        nonlocal up
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET /api/v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                     b"Accept: text/event-stream\r\n\r\n")
        assert b" 200 " in await reader.readline()
        up += 1
        while True:
            line = await reader.readline()
            if not line:
                raise EOFError("a stream was ended by the server")
            got[n] += line.startswith(b"event:")

    tasks = []
    for n in range(count):
        tasks.append(asyncio.create_task(watch(n)))
        if n % 100 == 99:
            await asyncio.sleep(0.05)
    while up < count:
        await asyncio.sleep(0.05)
        broken = [t for t in tasks if t.done()]
        if broken:
            broken[0].result()
    got[:] = [0] * count
    print("open", flush=True)
    loop = asyncio.get_running_loop()
    loop.add_reader(sys.stdin.fileno(), done.set)
    await done.wait()
    lost = sum(t.done() for t in tasks)
    print(json.dumps({"fewest": min(got), "all": sum(got), "lost": lost}))
    sys.stdout.flush()
    os._exit(0)  # without ending thousands of streams one by one


def streams(station, web):
    before = rss_kib(web)
    watchers = Crowd(station.port, STREAMS)
    began, spent = time.monotonic(), cpu_ms(web)
    time.sleep(30)
    took = time.monotonic() - began
    spent = cpu_ms(web) - spent
    after = rss_kib(web)
    counted = watchers.end()
    return {"streams": STREAMS, "kib_each": (after - before) / STREAMS,
            "cpu_share": spent / 1000 / took, "seconds": took, **counted}


# --- the prober's error -----------------------------------------------------


def errors(text):
    """p50 and p99 in milliseconds, idle and with 100 in flight."""
    return [[float(row.split()[i]) for i in (1, 3)]
            for row in text.splitlines() if row.startswith("  error  ")]


def wait_error():
    return errors(subprocess.run(["build/release/bench/wait_error", "4000"],
                                 check=True, capture_output=True,
                                 text=True).stdout)


def load(port):
    """Visitors that reload the page; they are no part of the machine."""
    return subprocess.Popen(
        ["chrt", "--idle", "0", "wrk", "-t1", f"-c{OPEN_TOGETHER}", "-d600s",
         f"http://127.0.0.1:{port}/"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def while_watched(station):
    quiet, busy = [], []
    for _ in range(3):
        quiet.append(wait_error())
        watchers = Crowd(station.port, STREAMS)
        visitors = load(station.port)
        try:
            busy.append(wait_error())
        finally:
            visitors.terminate()
            visitors.wait()
            watchers.end()
    return {"quiet": quiet, "busy": busy}


def main():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 65536), hard))
    with Pebble(nonce_reject=0, reuse=0) as ca:
        station = Station(ca)
        station.write_config("2/s", 4, f"web_connections: {2 * STREAMS + 100}")
        with station:
            wait_until("there is a record",
                       lambda: station.query("SELECT count(*) FROM issuance")
                       [0][0] >= RECORD, 300)
            _, web = sorted(station.children())
            print(json.dumps({"beside": beside_nginx(station)}), flush=True)
            print(json.dumps({"streams": streams(station, web)}), flush=True)
            print(json.dumps({"error": while_watched(station)}), flush=True)
            station.end()


if sys.argv[1:2] == ["crowd"]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 65536), hard))
    asyncio.run(crowd(int(sys.argv[2]), int(sys.argv[3])))
else:
    main()
