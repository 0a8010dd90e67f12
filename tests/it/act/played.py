"""script/demo acts a scenario out with real processes, and what its hub has
declared is what acmeter replay says of the same scenario at the same pace: not
to the second, but in what it is. Each function is one case, run by its name.
"""

import contextlib
import json
import os
import re
import sqlite3
import subprocess
import sys
import tempfile

ACMETER, BUILT, DEMO = (os.environ[name] for name in
                        ("ACMETER", "BUILT", "DEMO"))
HERE = os.path.dirname(__file__)
PATIENCE = 250


def kept(database):
    """The incidents of a hub, the earliest first."""
    with contextlib.closing(sqlite3.connect(database)) as db:
        rows = db.execute("SELECT body FROM incident ORDER BY number")
        return [json.loads(body) for body, in rows]


def play(scenario, speed):
    """What the hub declared of it, and what was said at the end."""
    with tempfile.TemporaryDirectory(prefix="acmeter-it-") as folder:
        done = subprocess.run(
            [DEMO, "--built", BUILT, "--keep", "--scenario", scenario,
             "--speed", str(speed)], stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=PATIENCE,
            env={**os.environ, "TMPDIR": folder})
        print(done.stdout, done.stderr)
        assert done.returncode == 0, done.returncode
        there = re.search(r"^demo: kept in (.+)$", done.stdout, re.M)[1]
        return kept(os.path.join(there, "hub.db")), done.stdout


def replay(scenario, speed):
    done = subprocess.run(
        [ACMETER, "replay", "--json", "--speed", str(speed), scenario],
        capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done
    return [row["incident"] for row in json.loads(done.stdout)["incidents"]]


def kind(cause):
    return cause["op"], cause["outcome"], cause["status"], cause["problem"]


def is_over(incident):
    assert incident["start"] < incident["declared"] < incident["end"], incident
    assert incident["declared"] < incident["good"] <= incident["end"], incident
    assert incident["verdicts"][-1]["verdict"] == "operational", incident


def same(real, simulated):
    for of in (real, simulated):
        is_over(of)
    for key in ("ca", "worst", "slow", "few", "voters"):
        assert real[key] == simulated[key], (key, real, simulated)
    stations = [{s["station"] for s in of["stations"] if s["failures"]}
                for of in (real, simulated)]
    assert stations[0] == stations[1], stations


def what_is_acted_out_is_declared_as_the_simulator_does():
    scenario = os.path.join(HERE, "short.yaml")
    real, said = play(scenario, 15)
    simulated = replay(scenario, 15)
    assert len(real) == len(simulated) == 1, (real, simulated)
    same(real[0], simulated[0])
    # The root cause and what else failed, in the order of their beginning.
    for at, cause in enumerate(simulated[0]["causes"]):
        assert kind(real[0]["causes"][at]) == kind(cause), real
    assert len(real[0]["causes"]) == len(simulated[0]["causes"]), real
    assert [c["detail"] for c in real[0]["causes"]] == [
        c["detail"] for c in simulated[0]["causes"]], real
    # Both logs are laid side by side for people.
    hub, replayed = (said.split("demo: what ")[i] for i in (1, 2))
    for log in (hub, replayed):
        assert log.count("letsencrypt: major_outage, incident") == 1, said
        assert "root cause  newOrder: problem, status 500" in log, said
        assert "a lead of" in log, said


def the_25th_of_june_2020_is_one_incident_of_the_account_service():
    """Half an hour of it."""
    with open(os.path.join(HERE, "../../scenarios/2020-06-25.yaml")) as f:
        text = f.read().replace("06:00:00Z/2020-06-25T08:00:00Z",
                                "06:46:00Z/2020-06-25T07:22:00Z", 1)
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as f:
        f.write(text)
        f.flush()
        (real,), _ = play(f.name, 24)
        (simulated,) = replay(f.name, 24)
    same(real, simulated)
    # All that the file expects but what a client sees that goes on where ours
    # ends; the first seconds are so short that nobody may have asked in them.
    seen = {kind(c) for c in real["causes"]}
    always = {("newAccount", "problem", 500, "serverInternal"),
              ("newOrder", "problem", 500, "serverInternal"),
              ("directory", "http_error", 503, None)}
    # A door that is shut for one operation is shut for whoever comes next
    # (directory); "closed" was on its way then.
    perhaps = {(op, outcome, None, None) for op in ("newAccount", "newOrder")
               for outcome in ("refused", "closed")}
    perhaps.add(("directory", "refused", None, None))
    assert always <= seen <= always | perhaps, real
    # newOrder fails at two places, from 20 s after newAccount has elsewhere:
    # with 1.25 s between two attempts it can be seen first.
    assert real["causes"][0]["op"] in ("newAccount", "newOrder"), real
    most = max((c for c in real["causes"]), key=lambda c: c["count"])
    assert most["op"] == "newAccount", real


def main():
    cases = {name: case for name, case in globals().items()
             if callable(case) and case.__module__ == __name__}
    cases[sys.argv[1]]()


if __name__ == "__main__":
    main()
