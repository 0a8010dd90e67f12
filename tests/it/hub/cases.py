"""acmeter hub over simulated stations: each function is one case, run by its
name. What the hub serves is compared with a count of the stations' own rows.
"""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../pebble"))
import fleet as sim  # noqa: E402
from fleet import US, Fleet, to_us  # noqa: E402
from pebble import free_port, wait_until  # noqa: E402

ACMETER = os.environ["ACMETER"]
OPS = [None, *sim.STEPS]


class Hub:
    def __init__(self, stations, placed=True, more=""):
        self.folder = tempfile.TemporaryDirectory(prefix="acmeter-hub-")
        self.port = free_port()
        self.process = None
        with open(self.config, "w") as f:
            f.write(f"title: test\nlisten: 127.0.0.1:{self.port}\n"
                    f"database: hub.db\nstations:\n")
            for i, s in enumerate(stations):
                f.write(f"  - name: {s.name}\n"
                        f"    url: http://127.0.0.1:{s.port}\n")
                if placed:
                    f.write(
                        f"    city: Town {i}\n    country: DE\n"
                        f"    latitude: {50 + i / 100}\n    longitude: 8.5\n"
                        f"    operator: network {i}\n")
            f.write(more)

    @property
    def config(self):
        return os.path.join(self.folder.name, "hub.yaml")

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.stop()
        self.folder.cleanup()

    def start(self):
        self.process = subprocess.Popen(
            [ACMETER, "hub", "-c", self.config], stdin=subprocess.DEVNULL)
        wait_until("the hub answers", lambda: self.get("/api/v1/stations")[0]
                   == 200)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(20) == 0, self.process.returncode

    def get(self, target):
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(f"http://127.0.0.1:{self.port}{target}",
                             timeout=20) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as e:
            return e.code, e.read()
        except OSError:
            return 0, b""

    def head(self, target, **headers):
        """The status and the fields of an answer."""
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{target}", headers=headers)
        try:
            with opener.open(request, timeout=20) as answer:
                return answer.status, answer.headers
        except urllib.error.HTTPError as e:
            return e.code, e.headers

    def json(self, target):
        status, body = self.get(target)
        assert status == 200, (target, status, body[:500])
        return json.loads(body)

    def stations(self):
        return {s["name"]: s for s in self.json("/api/v1/stations")["stations"]}

    def series(self, op):
        """The window, and of each station what is served of it."""
        answer = self.json("/api/v1/series?ca=local"
                           + (f"&op={op}" if op else ""))
        return (answer["from_us"],
                {s["station"]: sorted(tuple(row[:4]) for row in s["samples"])
                 for s in answer["stations"]})

    def has_all_of(self, stations, ops=(None,)):
        """Whether each of these stations is served as it measured."""
        for op in ops:
            from_us, served = self.series(op)
            for s in stations:
                theirs = s.samples(op, from_us, 1 << 62)
                ours = [row for row in served.get(s.name, [])
                        if row[1] >= from_us]
                if ours != theirs:
                    return False
        return True

    def memory_kib(self):
        with open(f"/proc/{self.process.pid}/status") as status:
            return int(re.search(r"VmHWM:\s+(\d+)", status.read())[1])


def the_fleet_speaks_as_a_station_does():
    """The simulation has every field that a real station has, of its kind."""
    host = os.environ["WEB_HOST"]
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([host, "fill", f"{folder}/db", "30"], check=True)
        with subprocess.Popen([host, "serve", f"{folder}/db", "64"],
                              stdout=subprocess.PIPE) as real:
            try:
                port = int(real.stdout.readline())
                with Fleet(1) as fleet:
                    for target in (
                        "station", "exchanges?after=0&limit=500&ca=%s",
                        "issuances?after=0&limit=50", "hours?limit=1000",
                        "exchanges/3",
                    ):
                        compare(fetch(port, target, "pebble"), fetch(
                            fleet.stations[0].port, target, "local"), target)
            finally:
                real.terminate()
    assert sim.histogram([]) == "00"
    assert [sim.bucket_of(us) for us in (0, 31, 32, 63, 64, 65, 66, 2**32 - 1)
            ] == [0, 31, 32, 63, 64, 64, 65, 895]


def fetch(port, target, ca):
    target = target % ca if "%" in target else target
    with urllib.request.urlopen(
            f"http://127.0.0.1:{port}/api/v1/{target}", timeout=20) as answer:
        return json.load(answer)


def compare(real, ours, where):
    if isinstance(real, dict):
        assert isinstance(ours, dict), where
        names = set(real)
        if where.endswith((".outcomes", ".phases")):
            names &= set(ours)
        for name in names:
            assert name in ours, f"{where}.{name} is missing"
            compare(real[name], ours[name], f"{where}.{name}")
    elif isinstance(real, list) and real and ours:
        compare(real[0], ours[0], f"{where}[]")
    elif real is not None and ours is not None:
        assert type(real) is type(ours), (where, real, ours)


# --- what is served -----------------------------------------------------------


def an_hour_of_a_hundred_stations_is_served_as_measured():
    with Fleet(100) as fleet, Hub(fleet.stations) as hub:
        wait_until("all hours are there",
                   lambda: hub.has_all_of(fleet.stations, OPS), 90)
        assert {s["answer"] for s in hub.stations().values()} == {"answers"}
        page = hub.get("/")[1].decode()
        for s in fleet.stations:
            assert s.name in page, s.name


def what_comes_is_served_soon():
    with Fleet(20) as fleet, Hub(fleet.stations) as hub:
        wait_until("all hours are there",
                   lambda: hub.has_all_of(fleet.stations), 60)
        for s in fleet.stations:
            s.issue()
        wait_until("the new ones are there",
                   lambda: hub.has_all_of(fleet.stations, OPS))
        # And nothing is asked for twice.
        assert all(len(set(rows)) == len(rows)
                   for rows in hub.series(None)[1].values())


def a_station_says_itself_where_it_stands():
    with Fleet(4) as fleet:
        for s, place in zip(fleet.stations, (
                {"city": "Oslo <b>", "country": "NO", "latitude": 59.91,
                 "longitude": 10.75, "operator": "AS64500", "note": "In <a> barn."},
                {}, {"city": "a\u001b[2J"}, {"country": "Norway"})):
            s.says = place
        with Hub(fleet.stations, placed=False) as hub:
            wait_until("the credible ones are there",
                       lambda: hub.has_all_of(fleet.stations[:2]), 40)
            for bad in fleet.stations[2:]:
                says_trouble(hub, bad, "refused")
            one = hub.stations()["s00"]
            assert (one["city"], one["country"], one["operator"]) == (
                "Oslo <b>", "NO", "AS64500"), one
            assert (one["latitude"], one["longitude"]) == (59.91, 10.75), one
            page = hub.get("/")[1].decode()
            assert "Oslo &lt;b&gt;, NO" in page and "In &lt;a&gt; barn." in page
            assert 'class="map"' in page
        # What the hub's own configuration says goes before that.
        with Hub(fleet.stations[:1]) as hub:
            wait_until("it is there", lambda: hub.has_all_of(fleet.stations[:1]))
            one = hub.stations()["s00"]
            assert (one["city"], one["operator"]) == ("Town 0", "network 0"), one


def hours_are_merged_by_adding():
    with Fleet(10) as fleet, Hub(fleet.stations) as hub:
        wait_until("all hours are there",
                   lambda: hub.has_all_of(fleet.stations), 60)
        merged = hub.json("/api/v1/hours?op=newOrder&limit=1000")["hours"]
        theirs = {}
        for s in fleet.stations:
            for row in s.samples("newOrder", 0, 1 << 62):
                theirs.setdefault(row[1] // (3600 * US), []).append(row)
        assert merged and len(merged) == len(theirs), merged
        for h in merged:
            rows = theirs[sim.to_us(h["start"]) // (3600 * US)]
            good = [row[2] for row in rows if row[3] == "ok"]
            total = h["phases"]["total"]
            assert h["n"] == len(rows) and total["n"] == len(good), h
            assert total["sum_us"] == sum(good)
            assert total["max_us"] == max(good)
            for name, mille in (("p50_us", 500), ("p95_us", 950)):
                exact = sim.rank(good, mille)
                assert abs(total[name] - exact) <= exact / 32 + 1, (name, h)
        # One station's alone are its own.
        one = hub.json("/api/v1/hours?op=newOrder&station=s03")["hours"]
        assert sum(h["n"] for h in one) == len(
            fleet.stations[3].samples("newOrder", 0, 1 << 62))


# --- stations that misbehave --------------------------------------------------


@contextlib.contextmanager
def one_of_five(mood):
    """A hub over five, of which one is in this mood from the start."""
    with Fleet(5) as fleet:
        bad, good = fleet.stations[2], fleet.stations[:2] + fleet.stations[3:]
        bad.mood = mood
        with Hub(fleet.stations) as hub:
            wait_until("the others are there",
                       lambda: hub.has_all_of(good, OPS), 40)
            yield hub, bad, good
            # What comes meanwhile comes through as well.
            for s in good:
                s.issue()
            wait_until("the others' news are there",
                       lambda: hub.has_all_of(good, OPS), 20)
            seen = hub.stations()
            assert all(seen[s.name]["answer"] == "answers" for s in good), seen
            assert hub.get("/")[0] == 200


def says_trouble(hub, bad, *words):
    """It is not taken for good, and there is a sentence about it."""
    def look():
        s = hub.stations()[bad.name]
        return s["answer"] in words and s["trouble"]
    return wait_until(f"trouble with it is told ({words})", look, 60)


def who_hangs_delays_nobody():
    with one_of_five(sim.hangs) as (hub, bad, _):
        says_trouble(hub, bad, "never", "silent")


def who_trickles_delays_nobody():
    with one_of_five(sim.trickles) as (hub, bad, _):
        says_trouble(hub, bad, "never", "silent", "refused")


def who_talks_nonsense_poisons_nobody():
    with one_of_five(sim.garbage(3)) as (hub, bad, _):
        says_trouble(hub, bad, "never", "refused")
        assert not hub.series(None)[1].get(bad.name)


def who_floods_fills_no_memory():
    with one_of_five(sim.floods) as (hub, bad, _):
        says_trouble(hub, bad, "never", "silent", "refused")
        # Sanitizers keep much of what was freed.
        assert hub.memory_kib() < 600 * 1024, hub.memory_kib()


def who_lies_about_time_is_refused():
    with one_of_five(sim.tells_another_time) as (hub, bad, _):
        says_trouble(hub, bad, "refused")
        assert not hub.series(None)[1].get(bad.name)


def who_dies_and_comes_back_is_heard_again():
    with Fleet(4) as fleet, Hub(fleet.stations) as hub:
        wait_until("all are there", lambda: hub.has_all_of(fleet.stations), 40)
        mortal, others = fleet.stations[0], fleet.stations[1:]
        fleet.down(mortal)
        says_trouble(hub, mortal, "silent")
        # What it measured before it died is still to be seen.
        assert hub.series(None)[1][mortal.name]
        for s in fleet.stations:
            s.issue()
        wait_until("the others go on", lambda: hub.has_all_of(others))
        fleet.up(mortal)
        wait_until("it is heard again, with what it measured meanwhile",
                   lambda: hub.has_all_of([mortal], OPS), 90)
        wait_until("it is said to answer", lambda:
                   hub.stations()[mortal.name]["answer"] == "answers")


def a_clock_that_is_off_is_measured():
    with Fleet(1) as fleet:
        off = sim.Station("late", seed=5, offset_us=-3 * US)
        fleet.stations.append(off)
        fleet.up(off)
        with Hub(fleet.stations) as hub:
            wait_until("both are there", lambda: hub.stations()["late"].get(
                "clock_offset_us") is not None, 40)
            seen = hub.stations()["late"]
            error = seen["clock_offset_error_us"]
            assert 0 <= error < US, seen
            assert abs(seen["clock_offset_us"] + 3 * US) <= error + 20_000, seen


def an_exchange_is_fetched_from_its_station():
    with Fleet(2) as fleet, Hub(fleet.stations) as hub:
        wait_until("all are there", lambda: hub.has_all_of(fleet.stations), 40)
        s = fleet.stations[1]
        failed = next(e for e in reversed(s.exchanges) if e["outcome"] != "ok")
        got = hub.json(f"/api/v1/exchanges/{failed['id']}?station={s.name}")
        assert got["body"] == "<b>no</b>" and got["detail"] == "made up", got
        status, page = hub.get(f"/exchanges/{s.name}/{failed['id']}")
        assert status == 200 and b"&lt;b&gt;no&lt;/b&gt;" in page
        assert b"<b>no</b>" not in page
        assert hub.get("/exchanges/nobody/1")[0] == 404
        assert hub.get(f"/exchanges/{s.name}/99999999")[0] == 404


def a_new_start_is_warm():
    with Fleet(10) as fleet, Hub(fleet.stations) as hub:
        wait_until("all are there", lambda: hub.has_all_of(fleet.stations), 40)
        hub.stop()
        hub.start()
        wait_until("the hour is there again",
                   lambda: hub.has_all_of(fleet.stations, OPS), 20)


def verdict(hub):
    return hub.json("/api/v1/verdict?ca=local")


def incidents(hub):
    return hub.json("/api/v1/incidents?ca=local")["incidents"]


def an_outage_is_declared_explained_and_kept():
    with Fleet(4, stray=0) as fleet, Hub(fleet.stations) as hub, \
            Hub(fleet.stations) as other:
        wait_until("it is operational", lambda: verdict(hub)["verdict"]
                   == "operational", 40)
        assert verdict(hub)["voices"] == 4 and incidents(hub) == []
        for _ in range(2):
            for s in fleet.stations[:3]:
                s.issue(failing="newOrder")
        wait_until("it is declared", lambda: verdict(hub)["verdict"]
                   == "major_outage")
        said = verdict(hub)["incident"]
        assert said["cause"]["op"] == "newOrder", said
        assert said["cause"]["problem"] == "serverInternal", said
        first = min(to_us(s.issuances[-2]["started"])
                    for s in fleet.stations[:3])
        assert abs(to_us(said["start"]) - first) < US // 10, (said, first)
        page = hub.get("/")[1].decode()
        assert "local has a major outage, at newOrder" in page
        metrics = hub.get("/metrics")[1].decode()
        for name, value in (("major_outage", 1), ("operational", 0)):
            assert (f'acmeter_verdict{{ca="local",verdict="{name}"}} {value}\n'
                    in metrics), metrics
        def explains():
            status, page = hub.get(f"/incidents/local/{said['number']}")
            assert status == 200 and b"made up" in page, status
            return all(f"/exchanges/{s.name}/".encode() in page
                       for s in fleet.stations[:3])
        wait_until("each station's exchange is named", explains)
        wait_until("another hub says the same",
                   lambda: verdict(other)["verdict"] == "major_outage")
        # Each has measured the stations' clocks for itself.
        assert abs(to_us(verdict(other)["incident"]["start"])
                   - to_us(said["start"])) < US // 10
        # It is not another one after a restart.
        hub.stop()
        hub.start()
        wait_until("it is said again", lambda: verdict(hub)["verdict"]
                   == "major_outage", 40)
        again = verdict(hub)["incident"]
        for key in ("number", "start", "declared"):
            assert again[key] == said[key], (key, again, said)
        assert len(incidents(hub)) == 1
        for _ in range(3):
            for s in fleet.stations:
                s.issue()
        wait_until("it is over", lambda: verdict(hub)["verdict"]
                   == "operational")
        # Answers are shared for a second: this one may be of before.
        wait_until("its end is told", lambda: incidents(hub)[0]["end"])
        assert len(incidents(hub)) == 1
        hub.stop()
        hub.start()
        wait_until("it is known", lambda: incidents(hub), 40)
        time.sleep(2)
        kept = incidents(hub)
        assert len(kept) == 1, kept
        for key in ("number", "start", "declared"):
            assert kept[0][key] == said[key], (key, kept, said)
        assert kept[0]["end"] and verdict(hub)["verdict"] == "operational"
        # What is not a hub's database is not touched.
        hub.stop()
        with open(os.path.join(hub.folder.name, "hub.db"), "wb") as f:
            f.write(b"not a database, " * 1000)
        done = subprocess.run([ACMETER, "hub", "-c", hub.config],
                              stdin=subprocess.DEVNULL, timeout=20,
                              stderr=subprocess.PIPE, text=True)
        assert done.returncode == 3 and "hub.db" in done.stderr, done
        hub.start = lambda: None


def a_verdict_is_made_for_machines():
    with Fleet(4, stray=0) as fleet, Hub(fleet.stations) as hub:
        wait_until("it is operational", lambda: verdict(hub)["verdict"]
                   == "operational", 40)
        wait_until("all operations are seen",
                   lambda: len(verdict(hub)["operations"]["work"])
                   == len(sim.STEPS))
        said = verdict(hub)
        assert said["directory"] == sim.CA["directory"], said
        assert said["retry_after"] is None and said["stations"] == 4, said
        assert said["operations"]["fail"] == [], said
        assert 0 <= said["evidence_age"] < 120, said
        assert said["issuances"]["p95_us"] >= said["issuances"]["p50_us"] > 0
        cas = hub.json("/api/v1/cas")["cas"]
        assert [(c["ca"], c["directory"], c["verdict"]) for c in cas] == [
            ("local", sim.CA["directory"], "operational")], cas
        failed = hub.json("/api/v1/exchanges?station=s00&limit=1")
        number = failed["exchanges"][0]["id"]
        for target in ("/", "/?ca=local", "/api/v1/verdict", "/api/v1/incidents",
                       "/api/v1/series?ca=local", "/api/v1/verdict?ca=local",
                       "/exchanges?station=s00&ca=local",
                       "/api/v1/exchanges?station=s00&ca=local",
                       f"/exchanges/s00/{number}"):
            for _ in range(2):  # made, and shared
                status, head = hub.head(target)
                assert status == 200, (target, status)
                assert head["Acmeter-Verdict"] == "local=operational", target
        for target in ("/api/v1/stations", "/method", "/healthz",
                       "/api/v1/cas"):
            assert hub.head(target)[1]["Acmeter-Verdict"] is None, target
        assert hub.get("/api/v1/verdict?ca=nobody")[0] == 404
        # Kept for as long as it says the same, and then asked by its tag.
        def not_modified():
            _, head = hub.head("/api/v1/verdict")
            assert head["Cache-Control"] == "max-age=5", head
            status, again = hub.head("/api/v1/verdict",
                                     **{"If-None-Match": head["ETag"]})
            assert again["Acmeter-Verdict"] == "local=operational", again
            return status == 304
        wait_until("the tag holds", not_modified)
        for _ in range(2):
            for s in fleet.stations:
                s.issue(failing="newOrder")
        wait_until("it is declared", lambda: verdict(hub)["verdict"]
                   == "major_outage")
        said = verdict(hub)
        assert said["retry_after"] == 300, said
        assert said["operations"]["fail"] == ["newOrder"], said
        # What comes behind it has not been tried since.
        assert said["operations"]["work"] == ["directory", "newNonce"], said
        wait_until("the page's head says it", lambda:
                   hub.head("/")[1]["Acmeter-Verdict"] == "local=major_outage")


def what_is_open_stays_open_while_nobody_answers():
    with Fleet(4, stray=0) as fleet, Hub(fleet.stations) as hub:
        wait_until("it is operational", lambda: verdict(hub)["verdict"]
                   == "operational", 40)
        for _ in range(2):
            for s in fleet.stations[:3]:
                s.issue(failing="newOrder")
        wait_until("it is declared", lambda: verdict(hub)["verdict"]
                   == "major_outage")
        said = verdict(hub)["incident"]
        hub.stop()
        for s in fleet.stations:
            s.mood = sim.hangs
        hub.start()
        # Longer than it waits for what it may judge by.
        time.sleep(15)
        assert verdict(hub)["verdict"] == "unknown", verdict(hub)
        assert [(i["number"], i["end"]) for i in incidents(hub)] \
            == [(said["number"], None)], incidents(hub)
        hub.stop()
        hub.start()
        for s in fleet.stations:
            s.mood = None
        wait_until("it is said again", lambda: verdict(hub)["verdict"]
                   == "major_outage", 60)
        again = verdict(hub)["incident"]
        for key in ("number", "start", "declared"):
            assert again[key] == said[key], (key, again, said)
        assert len(incidents(hub)) == 1


def a_station_alone_declares_nothing():
    with Fleet(4, stray=0) as fleet, Hub(fleet.stations) as hub:
        wait_until("it is operational", lambda: verdict(hub)["verdict"]
                   == "operational", 40)
        for _ in range(5):
            fleet.stations[0].issue(failing="newOrder")
        wait_until("it is seen", lambda: verdict(hub)["failing"] == 1)
        time.sleep(2)
        assert verdict(hub)["verdict"] == "operational"
        assert incidents(hub) == []
        page = hub.get("/")[1].decode()
        assert "local fails at 1 of 4 stations" in page


def main():
    cases = {name: case for name, case in globals().items()
             if callable(case) and getattr(case, "__module__", "") == __name__}
    cases[sys.argv[1]]()


if __name__ == "__main__":
    main()
