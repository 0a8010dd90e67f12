"""The web process, asked by raw sockets: what it answers, and what it refuses.

One case a run: cases.py NAME. The program under test is the host beside this
file, which fills a record and serves it with the station's own web process.
"""

import csv
import gzip
import io
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree

HOST = os.environ["WEB_HOST"]
TOOLS = os.path.join(os.path.dirname(__file__), "../../../build/tools")
CAP = 64
PATIENCE = 20  # seconds for one answer


class Served:
    """A record of some minutes, and the process that serves it."""

    def __init__(self, minutes=180, cap=CAP):
        self.folder = tempfile.mkdtemp(prefix="acmeter-web-")
        self.database = os.path.join(self.folder, "db")
        if minutes:
            subprocess.run([HOST, "fill", self.database, str(minutes)], check=True)
        self.process = subprocess.Popen(
            [HOST, "serve", self.database, str(cap)], stdout=subprocess.PIPE
        )
        self.port = int(self.process.stdout.readline())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(10)
        self.process.stdout.close()
        shutil.rmtree(self.folder)

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)

    def add(self):
        subprocess.run([HOST, "add", self.database], check=True)

    def send(self, data):
        """All that comes back until the server ends the connection."""
        with self.connect() as s:
            s.sendall(data)
            return read_all(s)

    def get(self, target, *fields, method="GET"):
        lines = [f"{method} {target} HTTP/1.1", "Host: a", "Connection: close"]
        return Answer(
            self.send("\r\n".join([*lines, *fields, "", ""]).encode()), method
        )

    def station(self):
        return self.json("/api/v1/station")["station"]

    def json(self, target):
        answer = self.get(target)
        assert answer.status == 200, (target, answer.status, answer.body)
        assert answer.fields["content-type"] == "application/json"
        return json.loads(answer.body)


def read_all(s):
    data = b""
    while True:
        try:
            more = s.recv(65536)
        except ConnectionResetError:
            return data
        if not more:
            return data
        data += more


class Answer:
    def __init__(self, data, method="GET"):
        head, _, self.body = data.partition(b"\r\n\r\n")
        lines = head.decode().split("\r\n")
        assert re.fullmatch(r"HTTP/1\.1 \d{3} [A-Za-z ]+", lines[0]), lines[:1]
        self.status = int(lines[0].split()[1])
        self.fields = {}
        for line in lines[1:]:
            name, value = line.split(": ", 1)
            assert name.lower() not in self.fields, name
            self.fields[name.lower()] = value
        if method != "HEAD" and self.status != 304:
            assert int(self.fields["content-length"]) == len(self.body)

    def text(self):
        return self.body.decode("utf-8")


def rows_of(answer):
    assert answer.status == 200, answer.body
    assert answer.fields["content-type"].startswith("text/csv")
    rows = list(csv.reader(io.StringIO(answer.text(), newline="")))
    assert all(len(row) == len(rows[0]) for row in rows)
    return [dict(zip(rows[0], row)) for row in rows[1:]]


# --- what is answered ---------------------------------------------------------


def style_of(s):
    """Where the page says that its style sheet is."""
    return re.search(r"/assets/page-[0-9a-f]{12}\.css", s.get("/").text()).group(0)


def every_route_answers_with_its_protections():
    with Served() as s:
        for target in (
            "/",
            "/method",
            "/api/v1/stations",
            "/api/v1/series",
            "/exchanges?station=fra&ca=pebble&op=newOrder",
            "/healthz",
            "/metrics",
            "/api/v1/station",
            "/api/v1/exchanges",
            "/api/v1/exchanges/1",
            "/api/v1/issuances",
            "/api/v1/hours",
            "/api/v1/latency?ca=pebble",
            "/nothing",
        ):
            answer = s.get(target)
            assert answer.status == (404 if target == "/nothing" else 200), target
            policy = answer.fields["content-security-policy"]
            assert policy.startswith("default-src 'none'"), policy
            assert "unsafe" not in policy and "script-src 'self'" in policy
            assert answer.fields["x-content-type-options"] == "nosniff"
            assert answer.fields["x-frame-options"] == "DENY"
            assert answer.fields["referrer-policy"] == "no-referrer"
            assert answer.fields["date"].endswith(" GMT")
            assert answer.fields["connection"] == "close"


def judged(s, ca):
    """The page, once the last day was judged, which begins with the feed."""
    for _ in range(100):
        page = s.get(f"/?ca={ca}", "Accept: text/html").text()
        if '<section id="incidents">' in page:
            break
        time.sleep(0.1)
    return page


def the_page_says_what_was_measured():
    with Served() as s:
        answer = s.get("/", "Accept: text/html")
        page = answer.text()
        assert answer.fields["content-type"] == "text/html; charset=utf-8"
        assert "pebble issues certificates" in page
        hostile = judged(s, "hostile")
        assert "hostile has a major outage, at" in hostile
        assert "as far as 1 station can tell" in hostile
        assert "sighted since" in page
        # Where it stands, in the list and on the map.
        assert "Frankfurt &lt;DE&gt;, DE" in page and 'class="map"' in page
        assert "AS64496 &lt;Example&gt;" in page and "One of &lt;two&gt;." in page
        said = s.json("/api/v1/station")
        assert said["city"] == "Frankfurt <DE>" and said["country"] == "DE"
        assert (said["latitude"], said["longitude"]) == (50.11, 8.68)
        assert said["operator"] == "AS64496 <Example>"
        assert said["note"] == "One of <two>."
        assert s.json("/api/v1/stations")["stations"][0]["latitude"] == 50.11
        tree = xml.etree.ElementTree.fromstring(page.split("\n", 1)[1])
        charts = tree.findall(".//figure")
        assert len(charts) == 1, len(charts)
        for chart in charts:
            assert chart.find(".//svg/title").text
            assert "measured" in chart.find(".//svg/desc").text
        latest = ".//section[@id='latest']/table/tbody/tr"
        assert len(tree.findall(latest)) == 20


def what_a_ca_says_stays_text():
    with Served() as s:
        page = s.get("/").text()
        # One script, the page's own; what is within it would be the CA's.
        assert page.count("<script") == 1 and "<script>" not in page
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
        assert "Frankfurt &lt;DE&gt;" in page
        failed = s.json("/api/v1/exchanges?failed=1&ca=pebble&limit=1000")
        problem = next(e for e in failed["exchanges"] if e["problem"])
        assert problem["detail"].startswith("<script>alert(1)</script>\"' ")
        assert "\\xff\\xfe" in problem["detail"]
        assert "body" not in problem
        whole = s.json(f"/api/v1/exchanges/{problem['id']}")
        assert whole["body"].startswith("<script>")
        assert whole["headers"] == "Server: <b>x</b>\r\n"


def exchanges_are_read_to_the_end_by_their_cursor():
    with Served() as s:
        seen, after = [], 0
        while True:
            answer = s.json(f"/api/v1/exchanges?after={after}&limit=500")
            ids = [e["id"] for e in answer["exchanges"]]
            if not ids:
                break
            assert ids == sorted(ids) and ids[0] > after
            assert answer["next"] == ids[-1]
            seen += ids
            after = answer["next"]
        assert answer["next"] == after
        assert len(seen) == len(set(seen)) > 3000
        # What comes while it is served is seen behind the cursor.
        s.add()
        time.sleep(1.1)
        new = s.json(f"/api/v1/exchanges?after={after}&limit=500")["exchanges"]
        assert [e["op"] for e in new][:2] == ["directory", "newNonce"]
        latest = s.json("/api/v1/exchanges?limit=3")["exchanges"]
        assert [e["id"] for e in latest] == [new[-1]["id"] - i for i in range(3)]


def filters_leave_what_was_asked_for():
    with Served() as s:
        for e in s.json("/api/v1/exchanges?ca=pebble&op=finalize")["exchanges"]:
            assert (e["ca"], e["op"]) == ("pebble", "finalize")
        for e in s.json("/api/v1/exchanges?failed=1")["exchanges"]:
            assert e["outcome"] != "ok"
        for e in s.json("/api/v1/exchanges?issuance=5")["exchanges"]:
            assert e["issuance"] == 5
        some = s.json("/api/v1/exchanges?limit=50")["exchanges"]
        start, end = some[-1]["started"], some[0]["started"]
        between = s.json(f"/api/v1/exchanges?from={start}&to={end}&limit=1000")
        for e in between["exchanges"]:
            assert start <= e["started"] < end
        assert s.get("/api/v1/exchanges?ca=nobody").status == 404
        assert s.get("/api/v1/exchanges/999999999").status == 404
        assert s.get("/api/v1/latency").status == 400


def issuances_hours_and_latency_agree_with_the_exchanges():
    with Served() as s:
        exchanges, after = [], 0
        while True:
            answer = s.json(f"/api/v1/exchanges?after={after}&limit=1000")
            if not answer["exchanges"]:
                break
            exchanges += answer["exchanges"]
            after = answer["next"]
        mine = [e for e in exchanges if (e["ca"], e["op"]) == ("pebble", "newOrder")]
        hours = s.json("/api/v1/hours?ca=pebble&op=newOrder&limit=1000")["hours"]
        assert sum(h["n"] for h in hours) == len(mine)
        for h in hours:
            good = [
                e["phases_us"]["total"]
                for e in mine
                if e["outcome"] == "ok" and e["started"][:13] == h["start"][:13]
            ]
            assert h["phases"]["total"]["n"] == len(good)
            assert h["phases"]["total"]["sum_us"] == sum(good)
            assert h["phases"]["total"]["max_us"] == max(good)
        latency = s.json("/api/v1/latency?ca=pebble&op=newOrder&window=60m")
        inside = [e for e in mine if latency["from"] <= e["started"] < latency["to"]]
        assert latency["n"] == len(latency["samples"]) == len(inside)
        good = sorted(
            e["phases_us"]["total"] for e in inside if e["outcome"] == "ok"
        )
        assert latency["p50_us"] == good[(len(good) * 500 + 999) // 1000 - 1]
        assert latency["p95_us"] == good[(len(good) * 950 + 999) // 1000 - 1]
        issuances = s.json("/api/v1/issuances?after=0&limit=1000")["issuances"]
        counts = {}
        for e in exchanges:
            counts[e["issuance"]] = counts.get(e["issuance"], 0) + 1
        for i in issuances:
            assert i["exchanges"] == counts[i["id"]]


def hours_are_never_cut():
    with Served() as s:
        whole = s.json("/api/v1/hours?limit=1000")["hours"]
        answer = s.json("/api/v1/hours?limit=1")
        first = answer["hours"]
        assert len({h["start"] for h in first}) == 1
        rest = s.json(f"/api/v1/hours?limit=1000&from={answer['next_from']}")
        assert first + rest["hours"] == whole
        assert rest["next_from"] is None


def csv_has_the_rows_of_the_json():
    with Served() as s:
        for name in ("exchanges", "issuances"):
            target = f"/api/v1/{name}?after=0&limit=300"
            one = rows_of(s.get(target.replace("?", ".csv?")))
            same = rows_of(s.get(target, "Accept: text/csv"))
            objects = s.json(target)[name]
            assert one == same and len(one) == len(objects) == 300
            for row, thing in zip(one, objects):
                assert int(row["id"]) == thing["id"]
                assert row["outcome"] == thing["outcome"]
                assert row["started"] == thing["started"]
        assert rows_of(s.get("/api/v1/hours.csv"))
        samples = rows_of(s.get("/api/v1/latency.csv?ca=pebble&op=order"))
        assert samples[0].keys() == {"id", "started", "took_us", "outcome"}
        failed = rows_of(s.get("/api/v1/exchanges.csv?failed=1&limit=1000"))
        for row in failed:
            assert not any(value.startswith(("=", "+", "@")) for value in row.values())
        assert s.get("/api/v1/hours", "Accept: image/png").status == 406


def metrics_are_what_prometheus_reads():
    promtool = shutil.which("promtool", path=os.environ["PATH"] + ":" + TOOLS)
    assert promtool, "promtool is not there: script/bootstrap --test fetches it"
    with Served() as s:
        plain = s.get("/metrics")
        assert plain.fields["content-type"].startswith("text/plain; version=0.0.4")
        subprocess.run([promtool, "check", "metrics"], input=plain.body, check=True)
        open_ = s.get("/metrics", "Accept: application/openmetrics-text")
        assert "application/openmetrics-text" in open_.fields["content-type"]
        assert open_.body.endswith(b"# EOF\n")

        def total():
            counts = re.findall(
                rb'^acmeter_exchanges_total\{ca="pebble".*\} (\d+)$',
                s.get("/metrics").body,
                re.M,
            )
            return sum(map(int, counts))

        before = total()
        assert before > 500
        s.add()
        time.sleep(1.1)
        assert total() == before + 9


def health_tells_old_from_new():
    with Served(minutes=30) as s:
        answer = s.get("/healthz")
        assert answer.status == 200
        health = json.loads(answer.body)
        assert health["status"] == "ok" and health["reasons"] == []
        assert health["sight"] == "sighted"


def without_a_record_it_waits_for_one():
    with Served(minutes=0) as s:
        answer = s.get("/healthz")
        assert answer.status == 503
        assert json.loads(answer.body)["status"] == "failing"
        assert s.get("/").status == 503
        assert s.get("/metrics").status == 503
        assert s.get("/api/v1/exchanges").status == 503
        assert s.get(style_of(s)).status == 200
        subprocess.run([HOST, "fill", s.database, "30"], check=True)
        time.sleep(1.1)
        assert s.get("/healthz").status == 200
        assert "pebble issues" in s.get("/").text()


# --- HTTP ---------------------------------------------------------------------


def head_is_get_without_a_body():
    with Served() as s:
        style = style_of(s)
        for target in (style, "/", "/nothing", "/api/v1/hours?limit=5"):
            get, head = s.get(target), s.get(target, method="HEAD")
            assert head.status == get.status and head.body == b""
            assert head.fields["content-type"] == get.fields["content-type"]
            assert int(head.fields["content-length"]) > 0
            if target == style:
                assert head.fields["etag"] == get.fields["etag"]
                assert head.fields["content-length"] == get.fields["content-length"]


def an_entity_tag_saves_the_body():
    with Served() as s:
        style = style_of(s)
        assert "immutable" in s.get(style).fields["cache-control"]
        tag = s.get(style).fields["etag"]
        again = s.get(style, f"If-None-Match: {tag}")
        assert again.status == 304 and again.body == b""
        assert again.fields["etag"] == tag
        assert "content-length" not in again.fields
        assert s.get(style, 'If-None-Match: "x"').status == 200


def requests_follow_each_other_on_one_connection():
    with Served() as s:
        one = f"GET {style_of(s)} HTTP/1.1\r\nHost: a\r\n\r\n".encode()
        last = b"HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
        data = s.send(one * 20 + last)
        assert data.count(b"HTTP/1.1 200 OK\r\n") == 21
        assert data.count(b"@media print {") == 20
        # Slowly, in pieces.
        with s.connect() as c:
            for _ in range(2):
                for i in range(0, len(one), 7):
                    c.sendall(one[i : i + 7])
                    time.sleep(0.005)
                data = b""
                while b"@media print {" not in data:
                    data += c.recv(65536)
        # One that closes its sending side at once still hears the answer.
        with s.connect() as c:
            c.sendall(one)
            c.shutdown(socket.SHUT_WR)
            assert read_all(c).startswith(b"HTTP/1.1 200 OK")
        # HTTP/1.0 ends with the answer.
        answer = Answer(s.send(b"GET /method HTTP/1.0\r\nHost: a\r\n\r\n"))
        assert answer.status == 200 and answer.fields["connection"] == "close"


def hostile_requests_are_refused():
    head = b"GET / HTTP/1.1\r\nHost: a\r\n"
    rows = [
        (400, b"GET / HTTP/1.1\r\n\r\n"),
        (400, head + b"Host: b\r\n\r\n"),
        (400, head + b"Content-Length: 5\r\n\r\nhello"),
        (400, head + b"Content-Length: 0\r\nContent-Length: 0\r\n\r\n"),
        (400, head + b"Content-Length: 0\r\nContent-Length: 44\r\n\r\n"),
        (400, head + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        (
            400,
            head + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n"
            b"0\r\n\r\nGET /metrics HTTP/1.1\r\nHost: a\r\n\r\n",
        ),
        (400, head + b"Transfer-Encoding : chunked\r\n\r\n"),
        (400, head + b"X: a\r\n folded\r\n\r\n"),
        (400, head + b" X: a\r\n\r\n"),
        (400, head + b"no colon\r\n\r\n"),
        (400, head + b": empty\r\n\r\n"),
        (400, head + b"X: a\x00b\r\n\r\n"),
        (400, head + b"X: a\x07b\r\n\r\n"),
        (400, head + b"X: a\rb\r\n\r\n"),
        (400, b"GET / HTTP/1.1\nHost: a\n\n"),
        (400, b"GET / HTTP/1.1\r\nHost: a\n\r\n\r\n"),
        (400, b"GET  / HTTP/1.1\r\nHost: a\r\n\r\n"),
        (400, b"GET /\tHTTP/1.1\r\nHost: a\r\n\r\n"),
        (400, b"GET / HTTP/1.1 \r\nHost: a\r\n\r\n"),
        (400, b"GET / http/1.1\r\nHost: a\r\n\r\n"),
        (400, b"GET / HTTP/1.10\r\nHost: a\r\n\r\n"),
        (400, b"GET /\r\n\r\n"),
        (400, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"),
        (400, b"GET /%00 HTTP/1.1\r\nHost: a\r\n\r\n"),
        (400, b"GET /\x00 HTTP/1.1\r\nHost: a\r\n\r\n"),
        (400, b"GET /..%2f..%2fetc/passwd HTTP/1.1\r\nHost: a\r\n\r\n"),
        (400, b"GET /api/../metrics HTTP/1.1\r\nHost: a\r\n\r\n"),
        (400, b"GET //metrics HTTP/1.1\r\nHost: a\r\n\r\n"),
        (400, b"GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n"),
        (400, b"GET /\xff HTTP/1.1\r\nHost: a\r\n\r\n"),
        (400, b"GET /?a=b HTTP/1.1\r\nHost: a\r\n\r\n"),
        (400, b"GET /api/v1/hours?ca=a&ca=a HTTP/1.1\r\nHost: a\r\n\r\n"),
        (400, b"GET /api/v1/hours?limit=1e9 HTTP/1.1\r\nHost: a\r\n\r\n"),
        (404, b"GET /favicon.ico HTTP/1.1\r\nHost: a\r\n\r\n"),
        (405, b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"),
        (405, b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n"),
        (405, b"BREW /pot HTTP/1.1\r\nHost: a\r\n\r\n"),
        (414, b"GET /" + b"a" * 3000 + b" HTTP/1.1\r\nHost: a\r\n\r\n"),
        (414, b"a" * 20000),
        (431, head + b"X: " + b"a" * 9000 + b"\r\n\r\n"),
        (431, head + b"X: y\r\n" * 100 + b"\r\n"),
        (431, head + b"X: y\r\n" * 100000),
        (505, b"GET / HTTP/2.0\r\nHost: a\r\n\r\n"),
        (505, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    ]
    good = b"GET /method HTTP/1.1\r\nHost: a\r\n\r\n"
    with Served() as s:
        for status, data in rows:
            with s.connect() as c:
                try:
                    c.sendall(data)
                    # What comes behind a refusal is not looked at.
                    c.sendall(good)
                except (ConnectionResetError, BrokenPipeError):
                    pass
                said = read_all(c)
            if not said:  # a flood may be cut off before it is answered
                assert len(data) > 64 * 1024, data[:60]
                continue
            assert said.startswith(b"HTTP/1.1 %d " % status), (data[:80], said[:200])
            assert said.count(b"\r\nDate: ") == 1, data[:80]
            answer = Answer(said)
            assert answer.fields["connection"] == "close"
            assert json.loads(answer.body)["status"] == status
            if status == 405:
                assert answer.fields["allow"] == "GET, HEAD"
        assert s.get("/healthz").status == 200


def compressed_it_is_the_same():
    with Served() as s:
        for target in (style_of(s), "/method", "/api/v1/exchanges?limit=50"):
            plain = s.get(target)
            packed = s.get(target, "Accept-Encoding: br, gzip")
            assert packed.fields["content-encoding"] == "gzip", target
            assert gzip.decompress(packed.body) == plain.body
            assert len(packed.body) < len(plain.body)
            assert packed.fields["etag"] != plain.fields["etag"]
            assert "Accept-Encoding" in plain.fields["vary"]
            refused = s.get(target, "Accept-Encoding: gzip;q=0, br")
            assert "content-encoding" not in refused.fields


def an_exchange_has_a_page():
    with Served() as s:
        rows = s.json("/api/v1/exchanges?failed=1&limit=1")["exchanges"]
        page = s.get(f"/exchanges/{s.station()}/{rows[0]['id']}")
        assert page.status == 200
        assert f"exchange {rows[0]['id']}</h2>" in page.text()
        assert "aria-current" in page.text()
        issuance = s.get(f"/issuances/{s.station()}/{rows[0]['issuance']}")
        assert issuance.status == 200
        cell = s.get(f"/exchanges?station={s.station()}&op={rows[0]['op']}&failed=1")
        assert f"/exchanges/{s.station()}/{rows[0]['id']}\"" in cell.text()
        assert s.get(f"/exchanges/{s.station()}/999999999").status == 404
        assert s.get("/exchanges/nobody/1").status == 404


def messages(connection, count):
    """So many messages of an event stream, as (event, data)."""
    connection.settimeout(PATIENCE)
    text, found = b"", []
    while len(found) < count:
        more = connection.recv(65536)
        assert more, text
        text += more
        *whole, text = text.split(b"\n\n")
        for one in whole:
            fields = dict(
                line.split(b": ", 1) for line in one.split(b"\n") if b": " in line
            )
            if b"event" in fields:
                found.append((fields[b"event"].decode(), json.loads(fields[b"data"])))
    return found


def what_is_recorded_is_told_at_once_and_once():
    with Served() as s:
        last = s.json("/api/v1/exchanges?limit=1")["exchanges"][0]["id"]
        with s.connect() as c, s.connect() as other:
            c.sendall(b"GET /api/v1/events HTTP/1.1\r\nHost: a\r\n\r\n")
            other.sendall(
                b"GET /api/v1/events?ca=nobody HTTP/1.1\r\nHost: a\r\n\r\n"
            )
            assert messages(c, 1)[0][0] == "board"
            assert messages(other, 1)[0][0] == "board"
            time.sleep(0.6)
            for _ in range(3):
                s.add()
            rows = s.json(f"/api/v1/exchanges?after={last}")["exchanges"]
            told = []
            while len(told) < len(rows):
                told += [
                    data
                    for event, data in messages(c, 1)
                    if event == "sample" and data["op"] != "issuance"
                ]
            assert [t["id"] for t in told] == [r["id"] for r in rows]
            assert [t["op"] for t in told] == [r["op"] for r in rows]
            assert [t["took_us"] for t in told] == [
                r["phases_us"]["total"] for r in rows
            ]
            # Somebody who listens to another CA hears only that time goes on.
            assert messages(other, 1)[0][0] == "board"


def a_reader_with_a_cursor_may_wait():
    with Served() as s:
        last = s.json("/api/v1/exchanges?limit=1")["exchanges"][0]["id"]
        target = f"/api/v1/exchanges?after={last}&wait="
        answer = s.json(target + "1s")
        assert answer["exchanges"] == [] and answer["next"] == last
        with s.connect() as c:
            c.sendall(
                f"GET {target}30s HTTP/1.1\r\nHost: a\r\n"
                "Connection: close\r\n\r\n".encode()
            )
            time.sleep(0.6)
            s.add()
            answer = json.loads(Answer(read_all(c)).body)
        got = [row["id"] for row in answer["exchanges"]]
        assert got and got == list(range(last + 1, answer["next"] + 1))
        # One that leaves while it waits harms nobody, nor does an end.
        with s.connect() as c:
            c.sendall(f"GET {target}30s HTTP/1.1\r\nHost: a\r\n\r\n".encode())
        assert s.get("/healthz").status == 200
        with s.connect() as c:
            tail = f"/api/v1/exchanges?after={answer['next']}&wait=30s"
            c.sendall(f"GET {tail} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
            time.sleep(0.3)
            s.process.send_signal(signal.SIGTERM)
            assert json.loads(Answer(read_all(c)).body)["exchanges"] == []
        assert s.process.wait(10) == 0


def a_person_is_refused_in_html():
    with Served() as s:
        answer = s.get("/nothing", "Accept: text/html,*/*;q=0.8")
        assert answer.status == 404
        assert answer.fields["content-type"] == "text/html; charset=utf-8"
        xml.etree.ElementTree.fromstring(answer.text().split("\n", 1)[1])


def more_connections_than_there_may_be_make_room():
    with Served() as s:
        idle = []
        for _ in range(600):
            c = s.connect()
            c.sendall(b"GET / HT")
            idle.append(c)
        # Whoever comes now is answered, and no more are open than may be.
        for _ in range(5):
            assert s.get("/healthz").status == 200
        open_ = os.listdir(f"/proc/{s.process.pid}/fd")
        assert len(open_) <= CAP + 20, len(open_)
        for c in idle:
            c.close()
        assert s.get("/").status == 200


def trickling_gains_no_time():
    with Served(minutes=5) as s:
        with s.connect() as c:
            begun = time.monotonic()
            try:
                for byte in b"GET / HTTP/1.1\r\nX: " + b"a" * 1000:
                    c.sendall(bytes([byte]))
                    time.sleep(0.5)
                    if time.monotonic() - begun > 60:
                        break
            except (ConnectionResetError, BrokenPipeError):
                pass
            assert time.monotonic() - begun < 40
        assert s.get("/healthz").status == 200


def who_does_not_read_harms_nobody():
    with Served() as s:
        deaf = []
        for _ in range(30):
            c = socket.socket()
            c.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            c.connect(("127.0.0.1", s.port))
            c.sendall(b"GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n" * 20)
            deaf.append(c)
        for _ in range(10):
            assert s.get("/").status == 200
        with open(f"/proc/{s.process.pid}/status") as status:
            kib = int(re.search(r"VmRSS:\s+(\d+)", status.read())[1])
        # Sanitizers keep much of what was freed.
        assert kib < 400 * 1024, kib
        for c in deaf:
            c.close()


def answers_are_shared_for_a_second():
    with Served() as s:
        one = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
        last = one.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
        data = s.send(one * 200 + last)
        tags = re.findall(rb"\r\nETag: (\S+)\r\n", data)
        assert len(tags) == 201
        assert len(set(tags)) <= 10, len(set(tags))


def sigterm_ends_it_cleanly():
    with Served(minutes=5) as s:
        # Who answers has its signals in hand.
        assert s.get("/method").status == 200
        with s.connect() as waiting:
            s.process.send_signal(signal.SIGTERM)
            assert s.process.wait(10) == 0
            assert waiting.recv(10) == b""


def main():
    cases = {
        name: case
        for name, case in globals().items()
        if callable(case) and case.__module__ == __name__ and not name[0].isupper()
        and name not in ("main", "read_all", "rows_of")
    }
    if sys.argv[1:] == ["--list"]:
        print("\n".join(cases))
        return
    cases[sys.argv[1]]()


if __name__ == "__main__":
    main()
