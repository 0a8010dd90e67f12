"""Stations that are none: real HTTP servers with made-up measurements in the
shape of a station's API, a hundred of them in one process.

Each can be told to misbehave, and to come back to its senses.
"""

import asyncio
import bisect
import datetime
import json
import random
import threading
import time
import urllib.parse

CA = {"ca": "local", "directory": "https://ca.example.test/dir"}
# An issuance: each operation and how long it takes here, in microseconds.
STEPS = {"directory": 30_000, "newNonce": 9_000, "newOrder": 40_000,
         "authorization": 11_000, "challenge": 35_000, "finalize": 50_000,
         "order": 12_000, "certificate": 14_000}
STATUS = {"newOrder": 201}
US = 1_000_000


def wall_us():
    return time.time_ns() // 1000


def rfc3339(us):
    whole = datetime.datetime.fromtimestamp(us // US, datetime.timezone.utc)
    return f"{whole:%Y-%m-%dT%H:%M:%S}.{us % US:06d}Z"


def to_us(text):
    whole, _, fraction = text.rstrip("Z").partition(".")
    at = datetime.datetime.fromisoformat(whole + "+00:00")
    return int(at.timestamp()) * US + int((fraction or "0").ljust(6, "0")[:6])


# --- hours --------------------------------------------------------------------


def bucket_of(us):
    exponent = max(us.bit_length() - 6, 0)
    return us if us < 32 else (exponent << 5) + (us >> exponent)


def varint(value):
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def histogram(samples):
    """As base/hist.h writes it: sparse buckets, 32 to each power of two."""
    out = varint(len(samples))
    if not samples:
        return out.hex()
    out += varint(sum(samples)) + varint(min(samples)) + varint(max(samples))
    counts = {}
    for us in samples:
        counts[bucket_of(us)] = counts.get(bucket_of(us), 0) + 1
    after = 0
    for bucket in sorted(counts):
        out += varint(bucket - after) + varint(counts[bucket])
        after = bucket + 1
    return (out + varint(28 * 32 - after)).hex()


def rank(samples, per_mille):
    return sorted(samples)[max(-(-len(samples) * per_mille // 1000), 1) - 1]


# --- a station ----------------------------------------------------------------


class Station:
    def __init__(self, name, seed, every_s=60, minutes=70, offset_us=0,
                 stray=0.05):
        self.name = name
        self.random = random.Random(seed)
        self.every_us = every_s * US
        self.stray = stray
        self.offset_us = offset_us
        self.mood = None
        self.says = {}  # of its place, in the stead of what is below
        self.asked = 0
        self.exchanges, self.issuances = [], []
        self.started_us = self.clock_us() - minutes * 60 * US
        at = self.started_us + self.random.randrange(self.every_us)
        while at < self.clock_us() - 2 * US:
            self.issue(at)
            at += self.every_us
        self.port = None

    def clock_us(self):
        return wall_us() + self.offset_us

    def issue(self, at=None, failing=None):
        """One issuance as it would be recorded; now when nothing is said."""
        begun = at = self.clock_us() - US // 2 if at is None else at
        failing = failing or (
            self.random.choice(list(STEPS)) if self.random.random() < self.stray
            else None)
        number = len(self.issuances) + 1
        for op, typical in STEPS.items():
            took = int(typical * (1 + self.random.random() ** 4 * 3))
            self._add_exchange(op, number, at, took, op == failing)
            at += took
            if op == failing:
                break
        bad = failing is not None
        self.issuances.append({
            "id": number, "ca": CA["ca"], "started": rfc3339(begun),
            "took_us": at - begun, "waited_us": 0, "shallow": False,
            "confirms": False, "outcome": "problem" if bad else "ok",
            "op": failing or "certificate", "status": 500 if bad else 200,
            "problem": "serverInternal" if bad else None,
            "detail": "made up" if bad else None, "name": "a.example.test",
            "names": 1, "exchanges": len(STEPS), "first_validation_us": None,
            "validations": 0, "validation_requests": [],
            "valid_after_us": None, "valid_before_us": None,
            "serial": None if bad else "0a1b", "issuer": None,
            "not_before": None, "not_after": None, "chain_length": 0 if bad else 2,
            "alternates": 0})

    def _add_exchange(self, op, issuance, at, took, bad):
        wait = took - 350
        self.exchanges.append({
            "id": len(self.exchanges) + 1, "issuance": issuance, "ca": CA["ca"],
            "op": op, "attempt": 1, "started": rfc3339(at),
            "outcome": "problem" if bad else "ok",
            "status": 500 if bad else STATUS.get(op, 200),
            "problem": "serverInternal" if bad else None,
            "detail": "made up" if bad else None, "retry_after_us": None,
            "request_id": None,
            "phases_us": {"dns": None, "connect": None, "tls": None, "send": 200,
                          "wait": wait, "receive": 150, "total": took},
            "network_us": 900, "server_us": wait - 900, "lag_us": 0,
            "blurred": False, "family": "IPv4", "address": "192.0.2.7",
            "port": 443, "http": "1.1", "tls": "TLSv1.3",
            "cipher": "TLS_AES_128_GCM_SHA256", "reused": True, "resends": 0,
            "rtt_us": 900, "retransmits": 0, "request_bytes": 700,
            "header_bytes": 300, "body_bytes": 900})

    def samples(self, op, from_us, to_us_):
        """What is to be seen of an operation (None: issuances) in a window:
        (number, started, took, outcome)."""
        if op is None:
            rows = [(i["id"], to_us(i["started"]), i["took_us"], i["outcome"])
                    for i in self.issuances]
        else:
            rows = [(e["id"], to_us(e["started"]), e["phases_us"]["total"],
                     e["outcome"]) for e in self.exchanges if e["op"] == op]
        return [row for row in rows if from_us <= row[1] < to_us_]

    # --- what it answers

    def answer(self, path, query):
        if path == "/api/v1/station":
            return self._station()
        if path in ("/api/v1/exchanges", "/api/v1/issuances"):
            return self._rows(path.rpartition("/")[2], query)
        if path.startswith("/api/v1/exchanges/"):
            number = int(path.rpartition("/")[2])
            if not 0 < number <= len(self.exchanges):
                return None
            e = dict(self.exchanges[number - 1])
            if e["outcome"] != "ok":
                e |= {"headers": "Server: made up\r\n", "body": "<b>no</b>"}
            return e
        if path == "/api/v1/hours":
            return self._hours(query)
        return None

    def _station(self):
        last = self.issuances[-1]
        good = [i for i in self.issuances if i["outcome"] == "ok"]
        return {
            "station": self.name, "version": "0.1.0", "city": "Nowhere",
            "country": "", "latitude": None, "longitude": None,
            "operator": "nobody else", "note": "",
            "now": rfc3339(self.clock_us()),
            "started": rfc3339(self.started_us), "last": last["started"],
            "fresh": True, "sight": "sighted",
            "sight_since": rfc3339(self.started_us),
            "window_from": rfc3339(self.clock_us() - 3600 * US),
            "cas": [CA | {
                "shallow": False, "every_us": self.every_us,
                "gap_us": 3 * self.every_us, "standing": "issuing",
                "sentence": "local issues certificates.",
                "last_good": good[-1]["started"], "failing_since": None,
                "issuances": len(self.issuances),
                "failed": len(self.issuances) - len(good), "other": 0,
                "p50_us": rank([i["took_us"] for i in good], 500),
                "p95_us": rank([i["took_us"] for i in good], 950)}],
            "events": [{"kind": "start", "from": rfc3339(self.started_us),
                        "to": rfc3339(self.started_us), "detail": None}]} | self.says

    def new_rows(self, kind, query):
        return len(getattr(self, kind)) > int(query.get("after", 0))

    def _rows(self, kind, query):
        rows = getattr(self, kind)
        if "ca" in query and query["ca"] != CA["ca"]:
            rows = []
        limit = int(query.get("limit", 100))
        after = int(query["after"]) if "after" in query else None
        if after is not None:
            begin = bisect.bisect_right(rows, after, key=lambda r: r["id"])
            rows = rows[begin:]
        else:
            rows = rows[::-1]
        lower = to_time(query.get("from"), 0)
        upper = to_time(query.get("to"), 1 << 62)
        chosen = []
        for row in rows:
            if len(chosen) == limit:
                break
            if (lower <= to_us(row["started"]) < upper
                    and query.get("op", row["op"]) == row["op"]
                    and (query.get("failed") != "1" or row["outcome"] != "ok")
                    and ("issuance" not in query
                         or row["issuance"] == int(query["issuance"]))):
                chosen.append(row)
        last = max((r["id"] for r in chosen), default=after or 0)
        return {"station": self.name, kind: chosen, "next": last}

    def _hours(self, query):
        lower = to_time(query.get("from"), self.clock_us() - 24 * 3600 * US)
        upper = to_time(query.get("to"), 1 << 62)
        groups = {}
        for e in self.exchanges:
            hour = to_us(e["started"]) // (3600 * US) * 3600 * US
            if lower <= hour < upper and query.get("op", e["op"]) == e["op"]:
                groups.setdefault((hour, e["op"]), []).append(e)
        hours = []
        for (hour, op), rows in sorted(groups.items()):
            good = [e for e in rows if e["outcome"] == "ok"]
            outcomes = {"ok": len(good), "problem": len(rows) - len(good)}
            hours.append({
                "ca": CA["ca"], "op": op, "start": rfc3339(hour),
                "span_us": 3600 * US, "n": len(rows),
                "failed": len(rows) - len(good),
                "outcomes": {k: n for k, n in outcomes.items() if n},
                "phases": {name: self._phase(good, name) for name in
                           ("send", "wait", "receive", "total")} if good else {}})
        return {"station": self.name, "hours": hours, "next_from": None}

    @staticmethod
    def _phase(good, name):
        us = [e["phases_us"][name] for e in good]
        return {"n": len(us), "sum_us": sum(us), "min_us": min(us),
                "p50_us": rank(us, 500), "p95_us": rank(us, 950),
                "p99_us": rank(us, 990), "max_us": max(us),
                "hist": histogram(us)}


def to_time(text, otherwise):
    if text is None:
        return otherwise
    return int(text) * US if text.isdigit() else to_us(text)


# --- all of them --------------------------------------------------------------


class Fleet:
    """`with Fleet(100) as fleet:` and they answer, each on a port of its own."""

    def __init__(self, count, **options):
        self.stations = [Station(f"s{i:02d}", seed=i + 1, **options)
                         for i in range(count)]
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self._run)
        self.servers, self.tasks = {}, set()

    def _run(self):
        asyncio.set_event_loop(self.loop)
        self.loop.run_forever()

    def _do(self, work):
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(30)

    def __enter__(self):
        self.thread.start()
        for station in self.stations:
            self.up(station)
        return self

    def __exit__(self, *_):
        for station in self.stations:
            self.down(station)
        self._do(self._cancel())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()

    async def _cancel(self):
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)

    def up(self, station):
        async def listen():
            self.servers[station.name] = await asyncio.start_server(
                lambda r, w: self._serve(station, r, w), "127.0.0.1",
                station.port or 0)
            socket = self.servers[station.name].sockets[0]
            station.port = socket.getsockname()[1]
        self._do(listen())

    def down(self, station):
        """It dies: nobody listens, and every connection is gone."""
        async def close():
            server = self.servers.pop(station.name, None)
            if server:
                server.close()
            for task in list(self.tasks):
                if task.get_name() == station.name:
                    task.cancel()
        self._do(close())

    async def _serve(self, station, reader, writer):
        task = asyncio.current_task()
        task.set_name(station.name)
        self.tasks.add(task)
        try:
            while await self._one(station, reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError,
                asyncio.LimitOverrunError, asyncio.CancelledError):
            pass
        finally:
            self.tasks.discard(task)
            writer.transport.abort() if station.mood else writer.close()

    async def _one(self, station, reader, writer):
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        target = urllib.parse.urlsplit(head.split(" ")[1])
        query = dict(urllib.parse.parse_qsl(target.query))
        station.asked += 1
        if station.mood:
            await station.mood(station, target.path, query, writer)
            return False
        if target.path == "/api/v1/events":
            await self._events(station, writer)
            return False
        wait_s = float(query.get("wait", "0s").rstrip("s"))
        end = time.monotonic() + wait_s
        while wait_s and time.monotonic() < end and not station.mood and \
                not station.new_rows(target.path.rpartition("/")[2], query):
            await asyncio.sleep(0.1)
        await send(writer, station.answer(target.path, query))
        return True

    @staticmethod
    async def _events(station, writer):
        seen = len(station.exchanges)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
                     b"Connection: close\r\n\r\nretry: 3000\n\n")
        while True:
            for e in station.exchanges[seen:]:
                data = {"station": station.name, "ca": e["ca"], "op": e["op"],
                        "id": e["id"], "issuance": e["issuance"],
                        "started_us": to_us(e["started"]),
                        "took_us": e["phases_us"]["total"],
                        "outcome": e["outcome"], "network_us": e["network_us"],
                        "server_us": e["server_us"]}
                writer.write(b"event: sample\ndata: %s\n\n"
                             % json.dumps(data).encode())
            seen = len(station.exchanges)
            await writer.drain()
            await asyncio.sleep(0.1)


async def send(writer, answer):
    status = "200 OK" if answer is not None else "404 Not Found"
    body = json.dumps(answer or {"status": 404}, separators=(",", ":")).encode()
    writer.write(f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\n"
                 f"Content-Length: {len(body)}\r\n\r\n".encode() + body)
    await writer.drain()


# --- moods --------------------------------------------------------------------


async def hangs(_station, _path, _query, _writer):
    await asyncio.sleep(3600)


def garbage(seed):
    """Another kind of nonsense each time."""
    nonsense = random.Random(seed)

    async def talk(station, path, query, writer):
        kind = nonsense.randrange(5)
        whole = json.dumps(station.answer(path, query)).encode()
        body = (nonsense.randbytes(2000), whole[:len(whole) // 2],
                b"[" * 100_000, b'{"station":' + b'"x"' * 3,
                whole.replace(b'"total": ', b'"total": -')
                .replace(b'"took_us": ', b'"took_us": -'))[kind]
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                     b"Content-Length: %d\r\n\r\n" % len(body) + body)
        await writer.drain()
    return talk


async def tells_another_time(station, path, query, writer):
    """Rows of tomorrow, by a clock that says today."""
    answer = dict(station.answer(path, query) or {})
    for kind in ("exchanges", "issuances"):
        if kind in answer:
            answer[kind] = [
                row | {"started": rfc3339(to_us(row["started"]) + 86400 * US)}
                for row in answer[kind]]
    await send(writer, answer)


async def trickles(station, path, query, writer):
    """One byte a second, and all of them right."""
    body = json.dumps(station.answer(path, query)).encode()
    head = (b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
            b"Content-Length: %d\r\n\r\n" % len(body))
    for byte in head + body:
        writer.write(bytes([byte]))
        await writer.drain()
        await asyncio.sleep(1)


async def floods(_station, _path, _query, writer):
    """A JSON array without an end."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                 b"Connection: close\r\n\r\n{\"exchanges\":[")
    while True:
        writer.write(b"0," * 32768)
        await writer.drain()
        await asyncio.sleep(0)
