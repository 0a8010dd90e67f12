"""acmeter check: as a plugin over a hub of simulated stations, and "is it me?"
with a real hub, real stations and Pebble. Each function is one case.
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

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "../hub"), os.path.join(HERE, "../pebble")]
from cases import Fleet, Hub, verdict  # noqa: E402
from odd_server import OddServer  # noqa: E402
from pebble import Pebble, free_port, wait_until  # noqa: E402

ACMETER = os.environ["ACMETER"]
OK, WARNING, CRITICAL, UNKNOWN = range(4)
NOTHING, YOU, CA, PATH = 0, 1, 2, 4  # and UNKNOWN
# What a plugin prints: a text without a bar, and figures.
FIGURE = r"[a-z0-9]+=[0-9.]+s?(;[0-9]*){3}(;[0-9]+)?"
LINE = re.compile(
    rf"ACMETER (OK|WARNING|CRITICAL|UNKNOWN) - [^|\n]+( \|( {FIGURE})+)?\n")


def check(hub, *arguments, **options):
    """Exit status, output, what was said on stderr."""
    url = hub if isinstance(hub, str) else f"http://127.0.0.1:{hub.port}"
    done = subprocess.run(
        [ACMETER, "check", "--hub", url, *arguments], capture_output=True,
        text=True, timeout=100, stdin=subprocess.DEVNULL, **options)
    return done.returncode, done.stdout, done.stderr


def plugin(hub, *arguments):
    status, said, errors = check(hub, *arguments)
    assert errors == "", errors
    assert LINE.fullmatch(said), said
    word = ("OK", "WARNING", "CRITICAL", "UNKNOWN")[status]
    assert said.startswith(f"ACMETER {word} - "), (status, said)
    return status, said


# --- as a plugin ---------------------------------------------------------------


def a_plugin_tells_the_verdict_by_its_exit_status():
    with Fleet(4, stray=0) as fleet, Hub(fleet.stations) as hub:
        wait_until("it is operational", lambda: verdict(hub)["verdict"]
                   == "operational", 40)
        wait_until("it has figures",
                   lambda: verdict(hub)["issuances"]["p95_us"])
        status, said = plugin(hub, "--ca", "local")
        assert status == OK, said
        assert "local is operational, as 4 voices tell" in said, said
        figures = dict(re.findall(r"([a-z0-9]+)=([0-9.]+)", said.split("|")[1]))
        assert (figures["voices"], figures["failing"]) == ("4", "0"), said
        assert abs(float(figures["p95"]) * 1e6
                   - verdict(hub)["issuances"]["p95_us"]) < 1, said
        assert 0 <= int(figures["age"]) < 120, said
        status, said, _ = check(hub, "--ca", "local", "--json")
        said = json.loads(said)
        assert (status, said["status"], said["verdict"], said["voices"]) == (
            OK, "OK", "operational", 4), said
        # Evidence that is too old for who asks tells nothing.
        wait_until("evidence is a second old",
                   lambda: verdict(hub)["evidence_age"] >= 2)
        status, said = plugin(hub, "--ca", "local", "--stale", "1s")
        assert status == UNKNOWN and "latest evidence is" in said, said
        for _ in range(2):
            for s in fleet.stations:
                s.issue(failing="newOrder")
        wait_until("it is declared", lambda: verdict(hub)["verdict"]
                   == "major_outage")
        status, said = plugin(hub, "--ca", "local")
        assert status == CRITICAL, said
        for words in ("major outage at newOrder since", "status 500",
                      "made up", "failing=4"):
            assert words in said, said
        for status_word, number in (("ok", OK), ("Warning", WARNING),
                                    ("unknown", UNKNOWN)):
            status, said = plugin(hub, "--ca", "local", "--map",
                                  f"major_outage={status_word}")
            assert status == number, said
        status, said = plugin(hub, "--ca", "nobody")
        assert status == UNKNOWN and "none is called nobody" in said, said


def what_was_typed_wrong_is_unknown():
    wrongs = {
        "expected a hub": ["--ca", "a"],
        "expected a CA": ["--hub", "http://127.0.0.1:1"],
        "--hub: found \"x\"": ["--hub", "x", "--ca", "a"],
        "--ca: found \"A b\"": ["--hub", "http://127.0.0.1:1", "--ca", "A b"],
        "--map: found \"degraded\"": ["--map", "degraded"],
        "--map: found \"bad=ok\"": ["--map", "bad=ok"],
        "--map: found \"degraded=fine\"": ["--map", "degraded=fine"],
        "--timeout: found \"5\"": ["--timeout", "5"],
        "plain http, expected https for what is secret": [
            "--hub", "http://192.0.2.1", "--ca", "a", "--token-file", "x"],
        "--directory: found plain http": [
            "--hub", "http://127.0.0.1:1", "--directory", "http://a.example/d"],
        "found 1 words that belong to no option": [
            "--hub", "http://127.0.0.1:1", "--ca", "a", "b"],
        "go together": [
            "--hub", "http://127.0.0.1:1", "--directory", "https://a.example/d",
            "--eab-kid", "k"],
        "--name: found": [
            "--hub", "http://127.0.0.1:1", "--directory", "https://a.example/d",
            "--name", "no name"],
        "expected what to try as well": [
            "--hub", "http://127.0.0.1:1", "--ca", "a", "--name", "b.example"],
    }
    for words, arguments in wrongs.items():
        done = subprocess.run([ACMETER, "check", *arguments], timeout=30,
                              capture_output=True, text=True)
        assert done.returncode == UNKNOWN, (words, done)
        assert words in done.stderr, (words, done)
        assert LINE.fullmatch(done.stdout), done
    done = subprocess.run([ACMETER, "check", "--help"], timeout=30,
                          capture_output=True, text=True)
    assert done.returncode == 0 and "--directory" in done.stdout, done


# --- hubs that lie ---------------------------------------------------------------


def said_well(**other):
    now = time.strftime("%Y-%m-%dT%H:%M:%S.000000Z", time.gmtime())
    return {"ca": "local", "directory": "https://ca.example.test/dir",
            "as_of": now, "verdict": "operational", "few": False, "voices": 3,
            "failing": 0, "suspect": 0, "retry_after": None, "stations": 3,
            "evidence": now, "evidence_age": 1,
            "operations": {"work": ["directory", "newThing"], "fail": []},
            "issuances": {"n": 1, "failed": 0, "p50_us": 5, "p95_us": 6},
            "incident": None, "status_page": None, "new": {"er": [1]}} | other


def evil_cause():
    return {"number": 1, "start": "2026-11-23T06:00:00Z", "slow": False,
            "cause": {"op": "newOrder", "outcome": "problem", "status": 500,
                      "problem": "a|b\x1b[31m", "detail": "x\n| y=1\u202e\r"}}


def a_hub_that_lies_is_unknown():
    with OddServer() as liar:
        liar.say(json.dumps(said_well()))
        assert plugin(liar, "--ca", "local")[0] == OK
        # A newer hub may say more, and what is not known to it is null.
        liar.say(json.dumps(said_well(evidence_age=None, issuances={
            "p95_us": None})))
        status, said = plugin(liar, "--ca", "local")
        assert status == OK and "p95=" not in said, said
        whole = json.dumps(said_well())
        lies = [
            b"", b"\x00\x1b]0;x\x07", "null", "[]", "3", whole[:-5],
            "[" * 100000, whole + whole,
            json.dumps(said_well(verdict="fine")),
            json.dumps(said_well(verdict=1)), json.dumps(said_well(voices="3")),
            json.dumps(said_well(voices=-1)), json.dumps(said_well(voices=1e99)),
            json.dumps(said_well(failing=2**70)),
            json.dumps(said_well(as_of="yesterday")),
            json.dumps(said_well(as_of="2020-06-25T06:54:31Z")),
            json.dumps(said_well(as_of="2090-06-25T06:54:31Z")),
            json.dumps(said_well(evidence_age=100000)),
            json.dumps(said_well(ca="other")),
            json.dumps(said_well(ca="\x1b[2J")),
            json.dumps(said_well(incident="x")),
            json.dumps(said_well(incident={"start": "x", "slow": 3})),
            json.dumps(said_well(issuances={"p95_us": "x"})),
            json.dumps(said_well(few=None)),
        ]
        for lie in lies:
            liar.say(lie)
            status, said = plugin(liar, "--ca", "local")
            assert status == UNKNOWN, (lie, said)
            assert said.isprintable() or said[:-1].isprintable(), said
        for status in (204, 301, 401, 403, 500, 503):
            liar.say("{}", status=status)
            assert plugin(liar, "--ca", "local")[0] == UNKNOWN
        assert "token" in (liar.say("", status=401),
                           plugin(liar, "--ca", "local")[1])[1]
        liar.say(" " * (1 << 20))
        assert plugin(liar, "--ca", "local")[0] == UNKNOWN
        liar.say("", endless=True)
        assert plugin(liar, "--ca", "local")[0] == UNKNOWN
        liar.say("", hang=True)
        assert plugin(liar, "--ca", "local", "--timeout", "1s")[0] == UNKNOWN
        # What it quotes of a CA ends no line, and begins no figures.
        liar.say(json.dumps(said_well(verdict="partial_outage", failing=2,
                                      incident=evil_cause())))
        status, said = plugin(liar, "--ca", "local")
        assert status == CRITICAL and said.count("|") == 1, said
        assert "a/b\\x1b[31m" in said and "\\x0a/ y=1" in said, said
        status, said, _ = check(liar, "--ca", "local", "--json")
        assert json.loads(said)["status"] == "CRITICAL", said
    nobody = f"http://127.0.0.1:{free_port()}"
    status, said = plugin(nobody, "--ca", "local")
    assert status == UNKNOWN and "Connection refused" in said, said


# --- is it me? ---------------------------------------------------------------------


class Station:
    """A real station that watches a CA, shallowly and often."""

    def __init__(self, ca, name):
        self.name, self.port, self.ca = name, free_port(), ca
        self.folder = tempfile.TemporaryDirectory(prefix="acmeter-check-")
        with open(self.path("station.yaml"), "w") as f:
            f.write(f"""
station: {name}
database: station.db
state: .
listen: 127.0.0.1:{self.port}
responder: 127.0.0.1:{free_port()}
control_every: 5s
controls:
  - name: loopback
    url: http://127.0.0.1:{ca.dns_management}/
cas:
  - name: pebble
    directory: {ca.directory}
    tls_roots: [ {ca.path('ca.pem')} ]
    rate: 2/s
    shallow: true
""")

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def __enter__(self):
        self.process = subprocess.Popen(
            [ACMETER, "station", "-c", self.path("station.yaml")],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)
        self.folder.cleanup()


@contextlib.contextmanager
def world():
    """Pebble, three real stations that watch it, and a hub over them."""
    with contextlib.ExitStack() as stack:
        ca = stack.enter_context(Pebble(nonce_reject=0, reuse=0))
        stations = [stack.enter_context(Station(ca, name))
                    for name in ("fra", "bom", "sin")]
        hub = stack.enter_context(Hub(stations))
        wait_until("it is operational", lambda: of_pebble(hub)["verdict"]
                   == "operational" and "newOrder"
                   in of_pebble(hub)["operations"]["work"], 60)
        # A station alone is asked in the same way.
        for s in stations:
            status, said = plugin(f"http://127.0.0.1:{s.port}/", "--ca",
                                  "pebble")
            assert status == OK and "as 1 voice tells" in said, said
        yield ca, hub


def of_pebble(hub):
    status, body = hub.get("/api/v1/verdict?ca=pebble")
    return json.loads(body) if status == 200 else {"verdict": None}


def whose(hub, ca, *arguments, directory=None, roots="ca.pem"):
    """Exit status and what is said, the same in both forms."""
    arguments = ["--directory", directory or ca.directory, "--account-key",
                 ca.path("check.key"), "--ca-file", ca.path(roots), *arguments]
    status, said, errors = check(hub, *arguments)
    assert errors == "", errors
    again, text, _ = check(hub, *arguments, "--json")
    text = json.loads(text)
    assert again == status == text["exit"], (status, said, text)
    return status, said, text


def nothing_is_wrong_and_then_it_is_the_ca():
    with world() as (ca, hub):
        status, said, found = whose(hub, ca)
        assert status == NOTHING and found["answer"] == "nothing", said
        assert said.startswith("Nothing is wrong now: it works from here, "
                               "and from the stations."), said
        assert found["sure"] and found["there"]["ca"] == "pebble", found
        assert found["there"]["verdict"] == "operational", found
        assert "finalize" not in ca.asked(), "it issues nothing"
        # Only from here: another port, or no way by IPv6.
        status, said, found = whose(
            hub, ca, "--ca", "pebble",
            directory=f"https://localhost:{free_port()}/dir")
        assert status == PATH and found["answer"] == "path", said
        assert said.startswith("It is the path: "), said
        assert f"the stations ask {ca.directory}" in said, said
        assert found["step"] == "directory", found
        status, said, found = whose(hub, ca, "-6")
        assert status in (PATH, YOU), said  # YOU: a machine without IPv6
        assert found["step"] == "directory", found
        # Roots that do not lead to it: the step and what to do are told.
        status, said, found = whose(hub, ca, roots="roots.pem")
        assert status == YOU and found["answer"] == "you", said
        assert "and the step that fails is directory" in said, said
        assert found["sure"] and "--ca-file" in found["advice"], found
        # It refuses what is asked for: the URL is not a directory's.
        status, said, found = whose(hub, ca, "--ca", "pebble",
                                    directory=ca.directory + "-none")
        assert status == YOU and "status 404" in said, said
        # A name that no resolver knows.
        status, said, found = whose(
            hub, ca, "--ca", "pebble",
            directory="https://does-not-exist.invalid/dir")
        assert status == YOU and "resolver" in said, said
        # The hub is not there: only this machine tells.
        nobody = f"http://127.0.0.1:{free_port()}"
        status, said, found = whose(nobody, ca)
        assert status == NOTHING and not found["sure"], said
        assert "as far as can be told" in said, said
        # Nor the CA.
        status, said, found = whose(
            "https://does-not-exist.invalid", ca,
            directory="https://does-not-exist.invalid/dir")
        assert status == YOU and "neither the CA nor the hub" in said, said
        # It is down for all.
        ca.processes[1].terminate()
        ca.processes[1].wait()
        wait_until("it is declared", lambda: of_pebble(hub)["verdict"]
                   == "major_outage", 90)
        wait_until("the step is seen", lambda: "directory"
                   in of_pebble(hub)["operations"]["fail"])
        status, said, found = whose(hub, ca)
        assert status == CA and found["answer"] == "ca", said
        assert said.startswith("It is the CA: the same step fails here"), said
        assert "try again in 5 min" in said and found["sure"], said
        assert found["step"] == "directory", found
        status, said = plugin(hub, "--ca", "pebble")
        assert status == CRITICAL, said


def a_ca_that_the_hub_does_not_know_is_told():
    with Fleet(2, stray=0) as fleet, Hub(fleet.stations) as hub, \
            Pebble(nonce_reject=0) as ca, Pebble(nonce_reject=0) as other:
        wait_until("the CA is known", lambda: hub.json("/api/v1/cas")["cas"], 40)
        status, said, found = whose(hub, ca)
        assert status == NOTHING and not found["sure"], said
        assert found["there"]["heard"] == "unwatched", found
        assert "it watches local" in said, said
        status, said, found = whose(
            hub, ca, directory=f"https://localhost:{free_port()}/dir")
        assert status == UNKNOWN and found["answer"] == "unknown", said
        status, said, found = whose(hub, other, "--ca", "nobody")
        assert found["there"]["heard"] == "unwatched", found
        # The wrong root, without anybody else's word.
        status, said, found = whose(hub, ca, roots="roots.pem")
        assert status == YOU and not found["sure"], said


def a_hub_that_lies_does_not_decide():
    with Pebble(nonce_reject=0) as ca, OddServer() as liar:
        for body in (b"\x1b[2J", "[]", json.dumps({"cas": 3}),
                     json.dumps({"cas": [{"ca": "\x1b", "directory": 1}]}),
                     json.dumps({"cas": [{"ca": "a"}] * 100000}),
                     " " * (1 << 20)):
            liar.say(body)
            status, said, found = whose(liar, ca)
            assert status == NOTHING and found["there"]["heard"] == "odd", said
            assert "\x1b" not in said, said
        # It says of everything that it is down: both are told.
        liar.say(json.dumps(said_well(
            ca="local", verdict="major_outage", incident=evil_cause(),
            directory=ca.directory)))
        status, said, found = whose(liar, ca, "--ca", "local")
        assert status == CA, said
        assert "all steps up to the authorization worked" in said, said
        assert "\x1b" not in said and "\u202e" not in said, said


def main():
    globals()[sys.argv[1]]()


if __name__ == "__main__":
    main()
