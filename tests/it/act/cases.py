"""demo/stage, by what a station sees through it: each function is one case,
run by its name.
"""

import collections
import contextlib
import datetime
import json
import os
import socket
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../pebble"))
from pebble import Pebble, free_port, wait_until  # noqa: E402

ACMETER, STAGE = os.environ["ACMETER"], os.environ["STAGE"]
HERE = "127.0.0.2"
SCENARIOS = os.path.join(os.path.dirname(__file__), "../../scenarios")


def time_of(seconds):
    """So many seconds from now, as a scenario writes it."""
    at = datetime.datetime.now(datetime.timezone.utc)
    at += datetime.timedelta(seconds=seconds)
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def scenario(acts, station=""):
    """Of the hour before and after now."""
    return f"""
title: A test
during: {time_of(-3600)}/{time_of(3600)}
cas: [ {{ name: ca }} ]
stations:
  - name: one
    path: 1ms
{station}
acts:{acts}
expect: []
"""


class Stage:
    """Before that CA, for the station "one"; at its own pace and time."""

    def __init__(self, ca, text):
        self.ca, self.text = ca, text
        self.port, self.control = free_port(), free_port()

    def __enter__(self):
        path = self.ca.path("scenario.yaml")
        with open(path, "w") as f:
            f.write(self.text)
        # Its times are real ones: it begins when it says.
        begin = next(line for line in self.text.splitlines()
                     if line.startswith("during: "))[8:].split("/")[0]
        self.process = subprocess.Popen(
            [STAGE, "act", "--speed", "1", "--begin", begin, "--station",
             "one", "--listen", f"{HERE}:{self.port}", "--control",
             f"{HERE}:{self.control}", "--to", f"127.0.0.1:{self.ca.port}",
             "--certificate", self.ca.path("tls.pem"), "--key",
             self.ca.path("tls.key"), "--ca-file", self.ca.path("ca.pem"),
             path], stdin=subprocess.DEVNULL)
        wait_until("the stage listens", self.has_begun)
        return self

    def has_begun(self):
        assert self.process.poll() is None, self.process.returncode
        with open("/proc/net/tcp") as table:
            return any(line.split()[1] == f"0200007F:{self.control:04X}"
                       and line.split()[3] == "0A" for line in table)

    def __exit__(self, *_):
        self.process.terminate()
        assert self.process.wait(20) == 0, self.process.returncode

    def probe(self, *more):
        """Its exchanges, and how it ended."""
        done = subprocess.run(
            [ACMETER, "probe", "--json", "--ca-file", self.ca.path("ca.pem"),
             "--account-key", self.ca.path("account.key"), "--responder",
             f"127.0.0.1:{self.ca.responder}", "--roots",
             self.ca.path("roots.pem"), "--name", "it.acmeter.test",
             "--resolve", f"localhost:{HERE}", *more,
             f"https://localhost:{self.port}/dir"],
            capture_output=True, text=True, timeout=100)
        *exchanges, issuance = map(json.loads, done.stdout.splitlines())
        return exchanges, issuance


def ends(acts):
    """With which operation and outcome an attempt ends before such a CA."""
    with Pebble(nonce_reject=0) as ca, Stage(ca, scenario(acts)) as stage:
        exchanges, issuance = stage.probe()
        last = exchanges[-1]
        return last["op"], issuance["outcome"], last


def without_an_act_everything_is_passed_on():
    with Pebble(nonce_reject=20) as ca:
        with Stage(ca, scenario(" []")) as stage:
            exchanges, issuance = stage.probe("--revoke")
        assert issuance["outcome"] == "ok", issuance
        # Each request once, those with a refused nonce too.
        sent = collections.Counter(e["op"] for e in exchanges)
        assert sent["revokeCert"] and sent == ca.asked(), (sent, ca.asked())
        # On one connection, as from the CA itself.
        assert [e["reused"] for e in exchanges].count(False) == 1, exchanges
        assert {e["address"] for e in exchanges} == {HERE}, exchanges


def a_problem_is_told_as_the_file_words_it():
    op, outcome, last = ends("""
  - { ops: [newOrder], answer: problem, status: 500,
      detail: "Too many connections", retry_after: 1h }""")
    assert (op, outcome) == ("newOrder", "problem"), last
    assert last["status"] == 500, last
    assert last["problem"].endswith("serverInternal"), last
    assert "Too many connections" in last["detail"], last


def a_page_takes_the_place_of_the_directory():
    op, outcome, last = ends(
        "\n  - { ops: [directory], answer: page, status: 503 }")
    assert (op, outcome, last["status"]) == ("directory", "http_error", 503)


def whatever_comes_next_can_be_refused():
    for ops in ("directory", "newAccount", "newOrder", "finalize"):
        op, outcome, last = ends(f"\n  - {{ ops: [{ops}], answer: refused }}")
        assert (op, outcome) == (ops, "refused"), last


def the_directory_gets_no_answer_to_connecting():
    for ops in ("directory", "newAccount"):
        with Pebble(nonce_reject=0) as ca:
            text = scenario(f"\n  - {{ ops: [{ops}], answer: dropped }}")
            with Stage(ca, text) as stage:
                exchanges, issuance = stage.probe("--timeout", "3s")
        assert issuance["outcome"] == "timeout", issuance
        assert exchanges[-1]["op"] == ops, exchanges
        assert exchanges[-1]["phases_us"]["connect"] is None, exchanges


def an_answer_can_stay_out_or_break_off():
    op, outcome, last = ends("\n  - { ops: [newOrder], answer: reset }")
    assert (op, outcome) == ("newOrder", "closed"), last
    with Pebble(nonce_reject=0) as ca:
        text = scenario("\n  - { ops: [newOrder], answer: silence }")
        with Stage(ca, text) as stage:
            exchanges, issuance = stage.probe("--timeout", "3s")
    assert issuance["outcome"] == "timeout", issuance
    assert exchanges[-1]["op"] == "newOrder", exchanges


def a_delay_is_waited_for():
    with Pebble(nonce_reject=0) as ca:
        text = scenario("\n  - { ops: [newOrder], answer: usual, delay: 1s }")
        with Stage(ca, text) as stage:
            exchanges, issuance = stage.probe()
    assert issuance["outcome"] == "ok", issuance
    (order,) = [e for e in exchanges if e["op"] == "newOrder"]
    assert order["phases_us"]["wait"] >= 1_000_000, order


def a_station_without_a_network_reaches_no_control_either():
    lost = f"""
    network:
      - {{ during: {time_of(5)}/.., fails: refused, heard: true }}"""
    with Pebble(nonce_reject=0) as ca:
        with Stage(ca, scenario(" []", lost)) as stage:
            wait_until("the control is refused", lambda: not has_control(stage))
            exchanges, issuance = stage.probe()
    assert issuance["outcome"] == "refused", issuance
    assert exchanges[-1]["op"] == "directory", exchanges


def has_control(stage):
    with contextlib.suppress(OSError), socket.create_connection(
            (HERE, stage.control), 5):
        return True
    return False


def what_is_said_wrong_is_refused():
    path = os.path.join(SCENARIOS, "2020-06-25.yaml")
    pace = ["--speed", "10", "--begin", "2026-01-01T00:00:00Z"]
    for words in ([], ["cast"], ["cast", path], ["sing", *pace, path],
                  ["cast", *pace], ["cast", *pace, path, path],
                  ["cast", "--speed", "0", *pace[2:], path],
                  ["act", *pace, path], ["log", *pace, path],
                  ["act", "--to", "192.0.2.1:80", *pace, path]):
        done = run_stage(*words)
        assert done.returncode == 64, (words, done)
        assert done.stderr.startswith("stage: "), done
    for name, sentence in (
            ("clock-jumps", "a clock that jumps cannot be acted out"),
            ("stations-come-and-go", "comes or goes cannot be acted out"),
            ("2022-01-25", "more than one CA cannot be acted out"),
            ("one-station-loses-its-network", "does not reach (heard: false)")):
        done = run_stage("cast", *pace, os.path.join(SCENARIOS,
                                                     f"{name}.yaml"))
        assert done.returncode == 3 and done.stdout == "", done
        assert sentence in done.stderr, done
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as f:
        f.write(scenario(" []") + "rules: { voices: 2 }\n")
        f.flush()
        done = run_stage("cast", *pace, f.name)
        assert done.returncode == 3, done
        assert "rules of its own cannot be acted out" in done.stderr, done
    done = run_stage("cast", *pace, "/nowhere.yaml")
    assert done.returncode == 3 and "/nowhere.yaml" in done.stderr, done


def run_stage(*words):
    return subprocess.run([STAGE, *words], capture_output=True, text=True,
                          timeout=20)


def main():
    cases = {name: case for name, case in globals().items()
             if callable(case) and case.__module__ == __name__}
    cases[sys.argv[1]]()


if __name__ == "__main__":
    main()
