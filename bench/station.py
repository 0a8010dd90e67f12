"""A station at work: CPU for each issuance, memory idle and after many.

Beside it the floor: what the libraries alone take for the same requests.

One station against a Pebble that refuses no nonces and does not dawdle. CPU
and memory are the kernel's own figures of the prober and of the web process.
Run by bench/run.
"""

import json
import os
import ssl
import subprocess
import sys
import time
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "tests", "it",
                                "pebble"))
os.environ.setdefault("ACMETER", "acmeter")
from cases import Station  # noqa: E402
from pebble import Pebble  # noqa: E402
from process import cpu_ms, rss_kib  # noqa: E402

MANY = int(os.environ.get("BENCH_ISSUANCES", "10000"))
LONGEST = int(os.environ.get("BENCH_SECONDS", "900"))


def issued(station):
    return station.query("SELECT count(*) FROM issuance WHERE outcome = 0 "
                         "AND took_us IS NOT NULL")[0][0]


def at_leisure(ca):
    """Some issuances one after the other, as a station really works."""
    with Station(ca, rate="60/min", concurrent=1) as station:
        prober, web = sorted(station.children())
        time.sleep(10)
        idle = rss_kib(prober), rss_kib(web)
        before, first = cpu_ms(prober), issued(station)
        time.sleep(40)
        spent, done = cpu_ms(prober) - before, issued(station) - first
        station.end()
    return {"issuances": done, "cpu_ms_per_issuance": spent / done,
            "rss_kib_prober": idle[0], "rss_kib_web": idle[1]}


def many(ca):
    """As many as wanted, 16 at a time; memory on the way."""
    with Station(ca, rate="1000/s", concurrent=16) as station:
        prober, web = sorted(station.children())
        began, before = time.monotonic(), cpu_ms(prober)
        marks = []
        while True:
            time.sleep(1)
            done = issued(station)
            if done >= MANY * (len(marks) + 1) // 10:
                marks.append({"issuances": done, "rss_kib_prober":
                              rss_kib(prober), "rss_kib_web": rss_kib(web)})
            if done >= MANY or time.monotonic() - began > LONGEST:
                break
        spent = cpu_ms(prober) - before
        seconds = time.monotonic() - began
        exchanges = station.query("SELECT count(*) FROM exchange")[0][0]
        station.end()
    size = os.path.getsize(station.database)
    return {"issuances": done, "seconds": seconds,
            "cpu_ms_per_issuance": spent / done, "rss": marks,
            "exchanges": exchanges, "database_bytes": size}


def floor(ca):
    """bench/floor.c, one after the other with a pause between, and without."""
    trust = ssl.create_default_context(cafile=ca.path("ca.pem"))
    for what in ("roots", "intermediates"):
        url = f"https://localhost:{ca.management}/{what}/0"
        with urllib.request.urlopen(url, context=trust) as answer, \
                open(ca.path(f"floor-{what}.pem"), "wb") as f:
            f.write(answer.read())

    def run(rounds, pause_ms):
        return float(subprocess.run(
            [os.environ["FLOOR"], ca.directory, ca.path("ca.pem"),
             ca.path("floor-roots.pem"), ca.path("floor-intermediates.pem"),
             str(rounds), str(pause_ms)],
            check=True, stdout=subprocess.PIPE).stdout)

    return {"at_leisure_ms": run(40, 500), "busy_ms": run(1000, 0)}


def main():
    with Pebble(nonce_reject=0, reuse=0) as ca:
        print(json.dumps({"floor": floor(ca)}), flush=True)
        print(json.dumps({"at_leisure": at_leisure(ca)}), flush=True)
    with Pebble(nonce_reject=0, reuse=0) as ca:
        print(json.dumps({"many": many(ca)}), flush=True)


main()
