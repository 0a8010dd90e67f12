"""Turns what bench/run measured into bench/RESULTS.md."""

import json
import os
import platform
import subprocess
import sys

out = sys.argv[1]


def read(name):
    with open(os.path.join(out, name)) as f:
        return f.read()


def said(*command):
    done = subprocess.run(command, capture_output=True, text=True)
    return (done.stdout + done.stderr).strip().splitlines()[0]


def version(package):
    return said("dpkg-query", "-W", "-f", "${Version}", package)


def machine():
    with open("/proc/cpuinfo") as f:
        model = next((line.split(":")[1].strip() for line in f
                      if line.startswith("model name")), platform.machine())
    with open("/proc/meminfo") as f:
        memory = int(f.readline().split()[1]) // 1024 // 1024
    return (f"{os.cpu_count()} cores of {model}, {memory} GiB, Linux "
            f"{platform.release()}, Debian "
            + open("/etc/debian_version").read().strip())


def clients():
    rows = [json.loads(line) for line in read("cpu.json").splitlines()]
    ours = rows[0]["cpu_ms"]
    print("| client | version | CPU, median (ms) | least to most (ms) | wall,"
          " median (ms) | CPU, acmeter = 1 |")
    print("|---|---|---:|---:|---:|---:|")
    for r in rows:
        name = r["client"]
        least, most = r["cpu_spread_ms"]
        which = said(os.environ["ACMETER"], "--version").split()[1] \
            if name == "acmeter" else version(name)
        print(f"| {name} | {which} | {r['cpu_ms']:.1f} | {least:.1f} to "
              f"{most:.1f} | {r['wall_ms']:.0f} | {r['cpu_ms'] / ours:.1f} |")
    print(f"\n{rows[0]['rounds']} rounds each.")
    return {r["client"]: r["cpu_ms"] for r in rows}


def station(cpu):
    rows = {}
    for line in read("station.json").splitlines():
        rows.update(json.loads(line))
    calm, many = rows["at_leisure"], rows["many"]
    ratio = calm["cpu_ms_per_issuance"] / (cpu["lego"] / 10)
    floor = rows["floor"]["at_leisure_ms"]
    print(f"""The floor (`bench/floor.c`) is what libcurl and OpenSSL take for the requests of
one issuance, its signatures, its key and the check of its chain: no measuring,
no record, no responder, no event loop. It is {floor / (cpu['lego'] / 10):.2f} of a tenth of lego's; an issuance
of a station costs {ratio:.1f} times that tenth, and {calm['cpu_ms_per_issuance'] / floor:.1f} times the floor.
""")
    print("| | figure | to reach |")
    print("|---|---:|---:|")
    print(f"| CPU for each issuance, one after the other | "
          f"{calm['cpu_ms_per_issuance']:.2f} ms | a tenth of lego's: "
          f"{cpu['lego'] / 10:.2f} ms |")
    print(f"| the same, 16 at a time | {many['cpu_ms_per_issuance']:.2f} ms | |")
    print(f"| the floor, one after the other | {floor:.2f} ms | |")
    print(f"| the floor, without a pause | "
          f"{rows['floor']['busy_ms']:.2f} ms | |")
    print(f"| RSS of the prober after 10 s | "
          f"{calm['rss_kib_prober'] / 1024:.1f} MiB | 20 MB |")
    print(f"| RSS of the web process after 10 s | "
          f"{calm['rss_kib_web'] / 1024:.1f} MiB | 20 MB |")
    for mark in many["rss"]:
        print(f"| RSS of the prober, of the web process, after "
              f"{mark['issuances']} issuances | "
              f"{mark['rss_kib_prober'] / 1024:.1f}, "
              f"{mark['rss_kib_web'] / 1024:.1f} MiB | 20 MB, flat |")
    print(f"\n{many['issuances']} issuances in {many['seconds']:.0f} s, "
          f"{many['exchanges']} exchanges; Pebble and its signing had the "
          f"other half of the machine.")


def serve():
    rows = {}
    for line in read("serve.json").splitlines():
        rows.update(json.loads(line))
    print("| what | bytes | acmeter, requests/s | nginx | ratio | p50, p99 (ms)"
          " | of nginx |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    for r in rows["beside"]:
        ours, nginx = r["ours"], r["nginx"]
        print(f"| `{r['path']}` | {r['bytes']} | {ours[0]:.0f} | {nginx[0]:.0f}"
              f" | {ours[0] / nginx[0]:.2f} | {ours[1]:.2f}, {ours[2]:.2f} |"
              f" {nginx[1]:.2f}, {nginx[2]:.2f} |")
    s = rows["streams"]
    print(f"""
{s['streams']} open event streams for {s['seconds']:.0f} s: {s['lost']} ended, \
{s['all']} events told, {s['fewest']} or more to each;
{s['kib_each']:.1f} KiB each, {100 * s['cpu_share']:.0f} % of a processor.

The error of the measured `wait` in milliseconds, without visitors and with
those streams open and the page being loaded as often as it goes; each line is one run of `bench/wait_error`.

| | 1 in flight: p50 | p99 | 100 in flight: p50 | p99 |
|---|---:|---:|---:|---:|""")
    for name, what in (("quiet", "without"), ("busy", "with visitors")):
        for one in rows["error"][name]:
            (a, b), (c, d) = one
            print(f"| {what} | {a:.3f} | {b:.3f} | {c:.3f} | {d:.3f} |")


def block(name):
    print("```")
    print(read(name).rstrip())
    print("```")


print(f"""# Results

Written by `bench/run`, which measures everything below in one run.

Machine: {machine()}.
Versions: Pebble {version('pebble')}, libcurl {version('libcurl4')}, OpenSSL \
{version('libssl3')}, SQLite {version('libsqlite3-0')}.

## One issuance, beside the clients that people use

The same Pebble (no refused nonces, no validation sleep, no reuse), the same
roots (the system's and Pebble's own), an account that exists, a P-256 key,
http-01; started once for each certificate. CPU is user and system time of the
client and all its children. To reach: no more than lego, a twentieth of uacme
and of certbot.
""")
cpu_of = clients()
print("""
## A station at work
""")
station(cpu_of)
print("""
## The measured wait, beside the truth

A server on the same machine delays by a known amount. The error is the
difference between the measured `wait` and what the server saw, from the
arrival of the request in its kernel (first row), or from when it had read it
itself (second row). To reach: p50 of
the error at most 0.1 ms, p99 at most 1 ms, idle and with 100 in flight.
""")
block("wait.txt")
print("""
## Bytes kept for each exchange

A simulated station, everything that is kept included: indexes, issuances,
hours, minutes. To reach: at most 100 bytes for a healthy exchange.
""")
block("bytes.txt")
print("""
## Visitors

A station with an hour's record that goes on measuring; what it answers is given
to nginx as files, compressed as it came; 32 connections, medians. To reach:
half of nginx's requests a second.
""")
serve()
