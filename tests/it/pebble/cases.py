"""acmeter against Pebble: each function is one case, run by its name."""

import fcntl
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.request

from pebble import Pebble, free_port, wait_until

ACMETER = os.environ["ACMETER"]
BASE = ["--name", "it.acmeter.test"]


# --- the probe ---------------------------------------------------------------

def probe(ca, *options, key="account.key", roots=True):
    """Exit status, exchanges, issuance, and what was said on stderr."""
    command = [ACMETER, "probe", "--json", "--ca-file", ca.path("ca.pem"),
               "--account-key", ca.path(key),
               "--responder", f"127.0.0.1:{ca.responder}", *options]
    if roots:
        command += ["--roots", ca.path("roots.pem")]
    done = subprocess.run(command + [ca.directory], capture_output=True,
                          text=True, timeout=200, stdin=subprocess.DEVNULL)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return (done.returncode, lines[:-1], lines[-1] if lines else None,
            done.stderr)


def good(result):
    status, exchanges, issuance, said = result
    assert status == 0, (status, issuance, said)
    assert issuance["outcome"] == "ok", issuance
    return exchanges, issuance


def count(exchanges):
    counts = {}
    for e in exchanges:
        counts[e["op"]] = counts.get(e["op"], 0) + 1
    return counts


def probe_obtains_a_certificate():
    with Pebble(nonce_reject=5, reuse=50, sleep=True) as ca:
        for _ in range(3):
            before = ca.asked()
            exchanges, issuance = good(probe(ca, *BASE))
            assert issuance["serial"], issuance
            after = ca.asked()
            seen = {op: n - before.get(op, 0) for op, n in after.items()
                    if n != before.get(op, 0)}
            assert seen == count(exchanges), (seen, count(exchanges))
            assert oct(os.stat(ca.path("account.key")).st_mode)[-3:] == "600"
        # Drawn for people, plain because it is piped.
        drawn = subprocess.run(
            [ACMETER, "probe", "--ca-file", ca.path("ca.pem"), "--roots",
             ca.path("roots.pem"), "--account-key", ca.path("account.key"),
             "--responder", f"127.0.0.1:{ca.responder}", *BASE, ca.directory],
            capture_output=True, text=True, timeout=200)
        assert drawn.returncode == 0, drawn
        assert "\033" not in drawn.stdout
        assert "issued a certificate for it.acmeter.test" in drawn.stdout
        for op in ("directory", "newNonce", "newAccount", "newOrder",
                   "finalize", "certificate"):
            assert op in drawn.stdout, drawn.stdout


def probe_takes_every_key_type():
    with Pebble(nonce_reject=0, reuse=0) as ca:
        for kind in ("p256", "p384", "rsa2048", "rsa3072", "rsa4096"):
            good(probe(ca, *BASE, "--key-type", kind))
            good(probe(ca, *BASE, "--account-key-type", kind,
                       key=f"account-{kind}.key"))
        # Pebble takes no Ed25519 account: the CA's refusal is told as such.
        status, _, issuance, _ = probe(
            ca, *BASE, "--account-key-type", "ed25519", key="ed.key")
        assert status == 2, (status, issuance)
        assert issuance["op"] == "newAccount", issuance
        assert issuance["problem"] in ("badPublicKey", "badSignatureAlgorithm",
                                       "malformed"), issuance


def probe_shallow_issues_nothing():
    with Pebble(nonce_reject=0, reuse=0) as ca:
        exchanges, issuance = good(probe(ca, "--shallow", roots=False))
        assert count(exchanges) == {
            "directory": 1, "newNonce": 1, "newAccount": 1, "newOrder": 1,
            "authorization": 2}, exchanges
        assert issuance["shallow"] is True
        assert "finalize" not in ca.asked()


def probe_revokes():
    with Pebble(nonce_reject=0) as ca:
        exchanges, issuance = good(probe(ca, *BASE, "--revoke"))
        assert count(exchanges)["revokeCert"] == 1
        serial = issuance["serial"]
        status = json.loads(ca.managed("/cert-status-by-serial/" + serial))
        assert status["Status"] == "Revoked", status


def probe_checks_the_roots():
    with Pebble(nonce_reject=0) as ca, Pebble(nonce_reject=0) as other:
        status, _, issuance, _ = probe(
            ca, *BASE, "--roots", other.path("roots.pem"), roots=False)
        assert status == 2, status
        assert issuance["outcome"] == "bad_certificate", issuance
        # Its TLS is not trusted either when its root is not given.
        done = subprocess.run(
            [ACMETER, "probe", "--json", "--shallow", "--ca-file",
             other.path("ca.pem"), "--account-key", ca.path("account.key"),
             ca.directory], capture_output=True, text=True, timeout=60)
        issuance = json.loads(done.stdout.splitlines()[-1])
        assert done.returncode == 2, done
        assert issuance["outcome"] == "tls", issuance


def probe_tells_whose_fault_it_is():
    with Pebble(nonce_reject=0, reuse=0) as ca:
        # The CA asks where nobody answers: ours.
        status, _, issuance, _ = probe(
            ca, *BASE, "--responder", f"127.0.0.1:{free_port()}")
        assert status == 3, (status, issuance)
        assert issuance["outcome"] == "self", issuance
        # A name that no resolver knows: ours.
        done = subprocess.run(
            [ACMETER, "probe", "--shallow", "--ca-file", ca.path("ca.pem"),
             "--account-key", ca.path("account.key"),
             "https://does-not-exist.invalid/dir"],
            capture_output=True, text=True, timeout=60)
        assert done.returncode == 3, done
        assert "does-not-exist.invalid" in done.stdout, done
        # Nobody listens there: the CA's.
        done = subprocess.run(
            [ACMETER, "probe", "--shallow", "--ca-file", ca.path("ca.pem"),
             "--account-key", ca.path("account.key"),
             f"https://localhost:{free_port()}/dir"],
            capture_output=True, text=True, timeout=60)
        assert done.returncode == 2, done
        assert "refused the connection" in done.stdout, done
        # A file that is not there, and a word that is no option.
        done = subprocess.run(
            [ACMETER, "probe", "--shallow", "--ca-file", ca.path("none.pem"),
             ca.directory], capture_output=True, text=True, timeout=60)
        assert done.returncode == 3 and "none.pem" in done.stderr, done
        done = subprocess.run([ACMETER, "probe", "--nonsense", ca.directory],
                              capture_output=True, text=True, timeout=60)
        assert done.returncode == 64, done


def nine_of_ten_nonces_are_refused():
    with Pebble(nonce_reject=90, reuse=0) as ca:
        exchanges, _ = good(probe(ca, *BASE, "--bad-nonces", "300"))
        refused = [e for e in exchanges if e.get("problem") == "badNonce"]
        assert len(refused) > len(exchanges) / 2, len(refused)
        assert count(exchanges) == ca.asked(), (count(exchanges), ca.asked())
        # Borne ten times in a row and no more, unless told otherwise.
        outcomes = [probe(ca, *BASE)[2] for _ in range(5)]
        assert any(i["problem"] == "badNonce" for i in outcomes), outcomes


def authorizations_are_reused():
    for reuse in (0, 50, 100):
        with Pebble(nonce_reject=0, reuse=reuse) as ca:
            challenged = []
            for _ in range(6):
                exchanges, _ = good(probe(ca, *BASE))
                challenged.append("challenge" in count(exchanges))
            assert challenged[0]
            # Pebble's 0 still reuses one in a hundred.
            if reuse == 0:
                assert sum(challenged) >= 4, challenged
            if reuse == 100:
                assert not any(challenged[1:]), challenged


def binding_is_required():
    mac = "zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W"
    with Pebble(nonce_reject=0, binding={"kid-1": mac}) as ca:
        with open(ca.path("mac"), "w") as f:
            f.write(mac + "\n")
        status, exchanges, issuance, _ = probe(ca, *BASE)
        assert status == 3, (status, issuance)
        assert issuance["op"] == "newAccount", issuance
        eab = ["--eab-kid", "kid-1", "--eab-hmac-file", ca.path("mac")]
        good(probe(ca, *BASE, *eab, key="bound.key"))
        # The account is known now: no binding is needed again.
        good(probe(ca, *BASE, key="bound.key"))
        # A key that the CA does not know is refused by the CA.
        status, _, issuance, _ = probe(
            ca, *BASE, "--eab-kid", "kid-2", "--eab-hmac-file",
            ca.path("mac"), key="other.key")
        assert status == 2, (status, issuance)


def chains_are_long_and_there_are_others():
    with Pebble(nonce_reject=0, chain_length=3, alternate_roots=2) as ca:
        exchanges, issuance = good(probe(ca, *BASE))
        assert issuance["chain_length"] == 4, issuance
        assert issuance["alternates"] == 2, issuance
        assert count(exchanges)["certificate"] == 3, exchanges


# --- the station -------------------------------------------------------------

class Station:
    """A station that watches `ca`; ended when the block is left."""

    def __init__(self, ca, rate="20/s", concurrent=4):
        self.ca = ca
        self.port = free_port()
        self.config = ca.path("station.yaml")
        self.database = ca.path("station.db")
        self.write_config(rate, concurrent)

    def write_config(self, rate, concurrent=1, extra=""):
        ca = self.ca
        with open(self.config, "w") as f:
            f.write(f"""
station: it
database: {self.database}
state: {ca.folder.name}
listen: 127.0.0.1:{self.port}
responder: 127.0.0.1:{ca.responder}
control_every: 5s
controls:
  - name: loopback
    url: http://127.0.0.1:{ca.dns_management}/
cas:
  - name: pebble
    directory: {ca.directory}
    tls_roots: [ {ca.path('ca.pem')} ]
    roots: [ {ca.path('roots.pem')} ]
    rate: {rate}
    concurrent: {concurrent}
    names: [ a.acmeter.test, b.acmeter.test, c.acmeter.test ]
{extra}""")

    def __enter__(self):
        self.log = open(self.ca.path("station.log"), "a+")
        self.process = subprocess.Popen(
            [ACMETER, "station", "-c", self.config], stdin=subprocess.DEVNULL,
            stdout=self.log, stderr=self.log)
        wait_until("the station is up", self.is_up)
        return self

    def __exit__(self, kind, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        if kind:
            self.log.seek(0)
            sys.stderr.write(self.log.read()[-8000:])
        self.log.close()

    def is_up(self):
        assert self.process.poll() is None, "the station ended"
        try:
            return self.get("/api/v1/station")
        except OSError:
            return None

    def get(self, path):
        url = f"http://127.0.0.1:{self.port}{path}"
        with urllib.request.urlopen(url, timeout=10) as answer:
            return answer.read().decode()

    def children(self):
        path = f"/proc/{self.process.pid}/task/{self.process.pid}/children"
        with open(path) as f:
            return [int(pid) for pid in f.read().split()]

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(60) == 0

    def query(self, sql):
        with sqlite3.connect(f"file:{self.database}?mode=ro", uri=True) as db:
            return db.execute(sql).fetchall()

    def ended_issuances(self):
        rows = json.loads(self.get("/api/v1/issuances?limit=1000"))
        return [i for i in rows["issuances"] if i["outcome"] is not None
                and i.get("took_us") is not None]


def all_exchanges(station):
    rows, after = [], 0
    while True:
        page = json.loads(station.get(
            f"/api/v1/exchanges?after={after}&limit=1000"))["exchanges"]
        rows += page
        if not page:
            return rows
        after = page[-1]["id"]


def station_accounts_for_every_exchange():
    with Pebble(nonce_reject=5, reuse=50) as ca:
        with Station(ca) as station:
            wait_until("a hundred issuances",
                       lambda: len(station.ended_issuances()) >= 100, 120)
            # No further issuance starts; what runs comes to its end.
            station.end()
        with Station(ca, rate="1/d") as station:
            stored = all_exchanges(station)
            issuances = station.ended_issuances()
            asked = ca.asked()
            station.end()
        assert all(i["outcome"] == "ok" for i in issuances), issuances
        held = count(e for e in stored if e["op"] != "control")
        first = {op: n for op, n in asked.items()}
        # The second station may have begun an issuance after it was read.
        assert held == first, (held, first)
        ids = [e["id"] for e in stored]
        assert ids == sorted(set(ids))
        per_issuance = sum(i["exchanges"] for i in issuances)
        assert per_issuance == sum(held.values()), (per_issuance, held)


def station_ends_cleanly_and_goes_on():
    with Pebble(nonce_reject=0) as ca:
        with Station(ca) as station:
            wait_until("issuances", lambda: len(station.ended_issuances()) > 3)
            station.end()
        with Station(ca) as station:
            kept = len(station.ended_issuances())
            assert kept > 3
            wait_until("more issuances",
                       lambda: len(station.ended_issuances()) > kept)
            events = json.loads(station.get("/api/v1/station"))["events"]
            kinds = [e["kind"] for e in events]
            for kind in ("start", "stop", "gap"):
                assert kind in kinds, events
            station.end()


def station_survives_the_death_of_its_processes():
    with Pebble(nonce_reject=0) as ca, Station(ca) as station:
        for _ in range(2):
            before = set(station.children())
            assert len(before) == 2, before
            for pid in before:
                os.kill(pid, signal.SIGKILL)
            wait_until("both are replaced",
                       lambda: len(station.children()) == 2
                       and not before & set(station.children()))
            wait_until("the page answers again", station.is_up)
            count_now = len(station.ended_issuances())
            wait_until("it measures again",
                       lambda: len(station.ended_issuances()) > count_now)
        station.end()


def station_takes_a_new_configuration():
    with Pebble(nonce_reject=0) as ca, Station(ca, rate="1/d") as station:
        before = set(station.children())
        # One that does not hold is refused, and the old one stays.
        with open(station.config, "a") as f:
            f.write("nonsense: 1\n")
        station.process.send_signal(signal.SIGHUP)
        wait_until("the refusal is recorded", lambda: any(
            e["kind"] == "config" for e in
            json.loads(station.get("/api/v1/station"))["events"]))
        assert set(station.children()) == before
        # So is one whose database another station has.
        other = station.database + ".other"
        with open(other, "a") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            mine, station.database = station.database, other
            station.write_config("20/s")
            station.database = mine
            station.process.send_signal(signal.SIGHUP)
            wait_until("the second refusal is recorded", lambda: sum(
                e["kind"] == "config" for e in
                json.loads(station.get("/api/v1/station"))["events"]) == 2)
        assert set(station.children()) == before
        # One that holds is taken.
        station.write_config("20/s")
        station.process.send_signal(signal.SIGHUP)
        wait_until("both are replaced",
                   lambda: len(station.children()) == 2
                   and not before & set(station.children()))
        wait_until("it works by the new rate", lambda: station.is_up() and
                   len(station.ended_issuances()) > 3)
        station.end()


def station_notices_that_it_stood_still():
    with Pebble(nonce_reject=0) as ca, Station(ca) as station:
        for pid in station.children():
            os.kill(pid, signal.SIGSTOP)
        time.sleep(5)
        for pid in station.children():
            os.kill(pid, signal.SIGCONT)

        def stalls():
            events = json.loads(station.get("/api/v1/station"))["events"]
            return [e for e in events if e["kind"] == "stall"]

        wait_until("the stall is recorded", stalls)
        count_now = len(station.ended_issuances())
        wait_until("it goes on", lambda:
                   len(station.ended_issuances()) > count_now)
        station.end()


if __name__ == "__main__":
    globals()[sys.argv[1]]()
    print("ok", sys.argv[1])
