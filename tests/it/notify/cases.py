"""What a hub tells its receivers of incidents: each function is one case, run
by its name. The stations are simulated, the receivers are real servers.
"""

import contextlib
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../pebble"))
sys.path.insert(0, os.path.join(HERE, "../hub"))
import cases as hub_cases  # noqa: E402
from fleet import Fleet  # noqa: E402
from pebble import wait_until  # noqa: E402
import receivers  # noqa: E402
from receivers import Alertmanager, Mailbox, Webhook  # noqa: E402

verdict = hub_cases.verdict
HOSTILE = ("<!channel> @everyone [x](http://evil.example)\r\n"
           "Bcc: victim@example.org\r\n\r\n.\r\n\x1b[2J\u202e")


class Hub(hub_cases.Hub):
    """With receivers, and what it says in a file."""

    def __init__(self, stations, notify):
        super().__init__(stations)
        with open(self.config, "a") as f:
            f.write("public_url: https://status.example.org/\n"
                    "notify:\n" + notify)

    def start(self):
        with open(os.path.join(self.folder.name, "log"), "a") as log:
            self.process = subprocess.Popen(
                [hub_cases.ACMETER, "hub", "-c", self.config],
                stdin=subprocess.DEVNULL, stderr=log)
        wait_until("the hub answers", lambda: self.get("/api/v1/stations")[0]
                   == 200)

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(20)

    def said(self):
        with open(os.path.join(self.folder.name, "log")) as log:
            return log.read()

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def write(self, name, text):
        with open(self.path(name), "w") as f:
            f.write(text)
        os.chmod(self.path(name), 0o700)

    def metric(self, line):
        metrics = self.get("/metrics")[1].decode()
        return line in metrics.split("\n")


def webhook(name, hook, more=""):
    return f"  - name: {name}\n    webhook: {{url: '{hook.url}'}}\n{more}"


class Hostile(list):
    """Rows in which a CA says what it likes."""

    def append(self, row):
        if row["detail"]:
            row["detail"] = HOSTILE
        super().append(row)


def fleet_of_four():
    fleet = Fleet(4, stray=0)
    for s in fleet.stations:
        s.exchanges = Hostile(s.exchanges)
        s.issuances = Hostile(s.issuances)
    return fleet


def settle(hub):
    wait_until("it is operational",
               lambda: verdict(hub)["verdict"] == "operational", 40)


def break_it(fleet, hub):
    for _ in range(2):
        for s in fleet.stations[:3]:
            s.issue(failing="newOrder")
    wait_until("it is declared",
               lambda: verdict(hub)["verdict"] == "major_outage", 40)


def mend_it(fleet, hub):
    """Good attempts, as many as it takes: how many follow the last failure
    depends on the order in which the stations are heard."""
    def is_good():
        for s in fleet.stations:
            s.issue()
        time.sleep(0.5)
        return verdict(hub)["verdict"] == "operational"
    wait_until("it is operational", is_good, 60)


def an_incident_is_told_from_its_opening_to_its_end():
    with fleet_of_four() as fleet, Webhook() as hook, Webhook() as other:
        notify = (
            "  - name: ops\n    webhook:\n      url_file: ops.url\n"
            "      token_file: ops.token\n"
            + webhook("quiet", other, "    cas: [another]\n"))
        hub = Hub(fleet.stations, notify)
        hub.write("ops.url", hook.url + "\n")
        hub.write("ops.token", "a-token\n")
        with hub:
            settle(hub)
            break_it(fleet, hub)
            wait_until("it is told", lambda: hook.told(), 40)
            number = verdict(hub)["incident"]["number"]
            # A restart repeats nothing.
            hub.stop()
            hub.start()
            wait_until("it is said again", lambda: verdict(hub)["verdict"]
                       == "major_outage", 40)
            mend_it(fleet, hub)
            wait_until("its end is told",
                       lambda: hook.kinds()[-1:] == ["resolved"], 40)
            assert hook.kinds().count("opened") == 1, hook.kinds()
            assert hook.kinds().count("resolved") == 1, hook.kinds()
            assert other.asked == []
            assert hub.metric('acmeter_notifications_waiting{receiver="ops"} 0')
        first, last = hook.told()[0], hook.told()[-1]
        assert first["kind"] == "opened", first
        assert first["url"] == (
            f"https://status.example.org/incidents/local/{number}"), first
        assert first["incident"]["number"] == number
        assert len(first["incident"]["stations"]) == 4
        assert first["text"].startswith("local: "), first
        assert last["verdict"] == "operational" and last["incident"]["end"]
        assert last["worst"] == "major_outage" and last["severity"] == "critical"
        for m in hook.told():
            assert not set("<>@\r\n\x1b") & set(m["text"] + m["subject"]), m
            assert "evil" not in m["text"] + m["subject"]
        assert first["incident"]["causes"][0]["detail"].startswith("<!channel>")
        for status, headers, body in hook.asked:
            assert headers["Authorization"] == "Bearer a-token"
            assert headers["Content-Type"] == "application/json"
            assert headers["Idempotency-Key"] == body["id"]
        keys = [m["id"] for m in hook.told()]
        assert len(set(keys)) == len(keys), keys


def what_fails_is_tried_again_with_its_key():
    with fleet_of_four() as fleet, Webhook(500, 503) as bad, \
            Webhook() as good, Hub(fleet.stations, webhook("bad", bad)
                                   + webhook("good", good)) as hub:
        settle(hub)
        break_it(fleet, hub)
        wait_until("it is taken at last", lambda: bad.told(), 60)
        assert [status for status, _, _ in bad.asked[:3]] == [500, 503, 200]
        assert len({h["Idempotency-Key"] for _, h, _ in bad.asked[:3]}) == 1
        assert [b for _, _, b in bad.asked[:2]] == [bad.asked[2][2]] * 2
        assert len(good.asked) == len(good.told()) >= 1
        said = hub.said()
        assert "bad cannot be told that local is" in said, said
        assert "status 500: it's <b>not</b> well\\x1b[2J" in said, said
        assert "bad is told now that local is" in said, said
        assert hub.metric(
            'acmeter_notifications_total{receiver="bad",result="failed"} 2')


def who_hangs_delays_nobody():
    with fleet_of_four() as fleet, Webhook() as hanging, Webhook() as good, \
            Hub(fleet.stations, webhook("hanging", hanging)
                + webhook("good", good)
                + "  - name: slow\n    command:\n      argv: "
                  "[/bin/sh, -c, 'sleep 1000 & sleep 1000']\n"
                  "      timeout: 1s\n") as hub:
        hanging.hanging.set()
        settle(hub)
        break_it(fleet, hub)
        mend_it(fleet, hub)
        wait_until("another is told all of it",
                   lambda: good.kinds()[-1:] == ["resolved"], 40)
        assert len(hanging.asked) == 1, hanging.asked
        wait_until("a command is killed", lambda: "/bin/sh did not end within "
                   "1 s and was killed" in hub.said(), 60)
        # Nor is the end of the hub delayed.


def a_redirect_is_not_followed():
    with fleet_of_four() as fleet, Webhook() as inside, \
            Webhook(*[307] * 50, headers={"Location": inside.url}) as hook, \
            Hub(fleet.stations, webhook("ops", hook)) as hub:
        settle(hub)
        break_it(fleet, hub)
        wait_until("it is said", lambda: "redirect (status 307), which is not "
                   "followed" in hub.said(), 40)
        assert inside.asked == []


def nothing_is_lost_by_a_crash():
    with fleet_of_four() as fleet, Webhook(*[500] * 1000) as hook, \
            Hub(fleet.stations, webhook("ops", hook)) as hub:
        settle(hub)
        break_it(fleet, hub)
        wait_until("it was tried", lambda: hook.asked, 40)
        hub.kill()
        key = hook.asked[0][2]["id"]
        hook.statuses.clear()
        hub.start()
        wait_until("it is told", lambda: hook.told(), 60)
        assert hook.told()[0]["id"] == key
        assert hook.told()[0] == hook.asked[0][2]
        mend_it(fleet, hub)
        wait_until("its end is told",
                   lambda: hook.kinds()[-1:] == ["resolved"], 40)
        assert hook.kinds().count("opened") == 1, hook.kinds()


def an_end_that_nobody_saw_is_not_told():
    """The hub starts again while no station answers."""
    with fleet_of_four() as fleet, Webhook() as hook, \
            Hub(fleet.stations, webhook("ops", hook)) as hub:
        settle(hub)
        break_it(fleet, hub)
        wait_until("it is told", lambda: hook.told(), 40)
        hub.stop()
        for s in fleet.stations:
            fleet.down(s)
        hub.start()
        wait_until("it judges without them", lambda: hub_cases.incidents(hub),
                   40)
        time.sleep(3)
        assert "resolved" not in hook.kinds(), hook.kinds()
        for s in fleet.stations:
            fleet.up(s)
        mend_it(fleet, hub)
        wait_until("its end is told",
                   lambda: hook.kinds()[-1:] == ["resolved"], 40)
        assert hook.kinds().count("opened") == 1, hook.kinds()


def what_cannot_be_kept_is_told_later():
    """Somebody else has locked the database."""
    with fleet_of_four() as fleet, Webhook() as hook, \
            Hub(fleet.stations, webhook("ops", hook)) as hub, \
            contextlib.closing(sqlite3.connect(
                hub.path("hub.db"), isolation_level=None)) as db:
        settle(hub)
        db.execute("BEGIN IMMEDIATE")
        break_it(fleet, hub)
        wait_until("it is said", lambda: "notifications cannot be kept, and "
                   "wait" in hub.said(), 60)
        assert hook.asked == []
        db.execute("ROLLBACK")
        wait_until("it is told", lambda: hook.told(), 40)
        mend_it(fleet, hub)
        wait_until("its end is told",
                   lambda: hook.kinds()[-1:] == ["resolved"], 40)
        assert hook.kinds().count("opened") == 1, hook.kinds()


def what_cannot_be_told_for_long_is_given_up_aloud():
    with fleet_of_four() as fleet, Webhook(*[500] * 1000) as hook, \
            Hub(fleet.stations, webhook("ops", hook, "    give_up: 1m\n")) \
            as hub:
        settle(hub)
        break_it(fleet, hub)
        wait_until("it was tried", lambda: hook.asked, 40)
        hub.stop()
        # A day later, for the hub.
        with contextlib.closing(sqlite3.connect(hub.path("hub.db"))) as db:
            db.execute("UPDATE message SET made_us = made_us - 86400000000")
            db.commit()
        hub.start()
        wait_until("it is said", lambda: "ops was not told that local is"
                   in hub.said() and "given up after 1m" in hub.said(), 60)
        wait_until("nothing waits", lambda: hub.metric(
            'acmeter_notifications_waiting{receiver="ops"} 0'), 60)


def a_command_reads_it_and_its_environment():
    with fleet_of_four() as fleet:
        hub = Hub(fleet.stations, "  - name: script\n    command:\n"
                                  "      argv: [/bin/sh, tell, \"$(id) 'x'\"]\n")
        hub.write("tell", "")
        with open(hub.config) as f:
            config = f.read()
        with open(hub.config, "w") as f:
            f.write(config.replace("tell,", hub.path("tell") + ","))
        hub.write("tell", f"""echo "$1|$ACMETER_KIND|$ACMETER_CA|$ACMETER_VERDICT\
|$ACMETER_URL|$ACMETER_RECEIVER" >>{hub.path("said")}
cat >>{hub.path("said")}
""")
        with hub:
            settle(hub)
            break_it(fleet, hub)
            wait_until("it was told",
                       lambda: os.path.exists(hub.path("said")), 40)
            number = verdict(hub)["incident"]["number"]
            wait_until("all of it", lambda: open(hub.path("said")).read()
                       .endswith("}\n"), 40)
            with open(hub.path("said")) as f:
                line = f.readline()
                told, _ = json.JSONDecoder().raw_decode(f.read())
        assert line.startswith("$(id) 'x'|opened|local|"), line
        assert line.endswith("|https://status.example.org/incidents/local/"
                             f"{number}|script\n"), line
        assert told["incident"]["number"] == number


def alertmanager_takes_and_ends_it():
    with fleet_of_four() as fleet, Alertmanager() as am, \
            Hub(fleet.stations, "  - name: am\n    alertmanager: "
                f"{{url: '{am.url}', resend: 1s}}\n") as hub:
        settle(hub)
        break_it(fleet, hub)
        wait_until("Alertmanager has it",
                   lambda: "major_outage" in am.alerts(), 40)
        alert = am.alerts()["major_outage"]
        number = verdict(hub)["incident"]["number"]
        assert alert["labels"] == {"alertname": "AcmeCaIncident", "ca": "local",
                                   "verdict": "major_outage",
                                   "severity": "critical"}, alert
        assert alert["generatorURL"].endswith(f"/incidents/local/{number}")
        assert alert["annotations"]["summary"].startswith("[test] local: ")
        # It would end by itself after five seconds.
        ends = alert["endsAt"]
        wait_until("it is told again", lambda: am.alerts()["major_outage"]
                   ["endsAt"] > ends, 40)
        time.sleep(6)
        assert list(am.alerts()) == ["major_outage"], am.alerts()
        mend_it(fleet, hub)
        wait_until("it has ended", lambda: am.alerts() == {}, 40)


def mail(box, more=""):
    return ("  - name: mail\n    mail:\n"
            f"      server: smtp://localhost:{box.port}\n"
            f"      ca_file: {box.ca_file}\n"
            "      from: acmeter@example.org\n"
            "      to: [ops@example.org, gone@example.org]\n" + more)


def a_mail_comes_by_tls_with_a_login():
    with fleet_of_four() as fleet, Mailbox() as box:
        box.refused.add("gone@example.org")
        hub = Hub(fleet.stations, mail(box, "      user: acmeter\n"
                                            "      password_file: secret\n"))
        hub.write("secret", Mailbox.PASSWORD + "\n")
        with open(hub.config) as f:
            config = f.read()
        with open(hub.config, "w") as f:
            f.write(config.replace("title: test",
                                   "title: 'M\u00fcnchen und anderswo'"))
        with hub:
            settle(hub)
            break_it(fleet, hub)
            wait_until("a mail is there", lambda: box.mails, 40)
            number = verdict(hub)["incident"]["number"]
        assert set(box.logins) == {(Mailbox.USER, Mailbox.PASSWORD)}
        envelope, message = box.mails[0]
        assert envelope.rcpt_tos == ["ops@example.org"], envelope.rcpt_tos
        assert envelope.mail_from == "acmeter@example.org"
        assert message["Subject"].startswith("[M\u00fcnchen und anderswo] local: ")
        assert message["From"] == "acmeter <acmeter@example.org>"
        assert message["To"] == "ops@example.org, gone@example.org"
        assert message["Bcc"] is None
        assert message["Auto-Submitted"] == "auto-generated"
        assert message["Message-ID"] == f"<local-{number}-1@example.org>"
        assert message["Date"].datetime.timestamp() // 3600 - time.time() // 3600 \
            <= 1
        text, attached = list(message.iter_parts())
        assert text.get_content_type() == "text/plain"
        body = text.get_content()
        assert f"/incidents/local/{number}" in body
        assert "\u201c<!channel> @everyone" in body and "\\x0d\\x0aBcc" in body
        assert "\nBcc" not in body and "\x1b" not in body, body
        assert attached.get_filename() == "incident.json"
        assert json.loads(attached.get_content())["incident"]["number"] == number


def no_mail_goes_without_tls():
    with fleet_of_four() as fleet, Mailbox(tls=False) as box, \
            Hub(fleet.stations, mail(box)) as hub:
        settle(hub)
        break_it(fleet, hub)
        wait_until("it is said", lambda: "mail cannot be told that local is"
                   in hub.said(), 40)
        assert box.mails == []


def a_bad_configuration_is_refused_with_its_place():
    with Fleet(1) as fleet:
        hub = Hub(fleet.stations, "  - name: ops\n    webhook: {url: x}\n")
        with hub.folder:
            done = subprocess.run(
                [hub_cases.ACMETER, "hub", "-c", hub.config],
                stdin=subprocess.DEVNULL, timeout=20, stderr=subprocess.PIPE,
                text=True)
            assert done.returncode != 0
            assert "notify[0].webhook.url: found \"x\"" in done.stderr, done


def a_heartbeat_is_heard_while_a_station_is():
    with fleet_of_four() as fleet, Webhook() as hook, \
            Webhook(*[200] * 2, *[500] * 2) as pulse:
        hub = Hub(fleet.stations, webhook("ops", hook))
        hub.write("pulse.url", pulse.url + "\n")
        with open(hub.config, "a") as f:
            f.write("heartbeat: {url_file: pulse.url, every: 1s}\n")
        with hub:
            wait_until("it beats", lambda: len(pulse.beats) >= 6, 40)
            said = hub.said()
            assert said.count("the heartbeat is not heard: it answers status "
                              "500") == 1, said
            assert said.count("the heartbeat is heard again") == 1, said
            for s in fleet.stations:
                fleet.down(s)
            wait_until("none answers", lambda: all(
                s["answer"] != "answers" for s in hub.stations().values()), 60)
            time.sleep(2)
            before = len(pulse.beats)
            time.sleep(3)
            assert len(pulse.beats) == before
            for s in fleet.stations:
                fleet.up(s)
            wait_until("it beats again",
                       lambda: len(pulse.beats) > before, 60)


def a_test_reaches_everybody_and_says_who_was_not_reached():
    with Fleet(1) as fleet, Webhook() as hook, Webhook(403) as bad, \
            Mailbox() as box, Alertmanager() as am:
        hub = Hub(fleet.stations, webhook("good", hook) + webhook("bad", bad)
                  + "  - name: am\n    alertmanager: "
                    f"{{url: '{am.url}', resend: 1m}}\n"
                  + "  - name: script\n    command: {argv: [/bin/cat]}\n"
                  + mail(box, "      user: acmeter\n"
                              "      password_file: secret\n"))
        hub.write("secret", Mailbox.PASSWORD + "\n")

        def notify(*arguments):
            return subprocess.run(
                [hub_cases.ACMETER, "notify", *arguments, "-c", hub.config],
                stdin=subprocess.DEVNULL, timeout=60, text=True,
                stdout=subprocess.PIPE, stderr=subprocess.PIPE)

        with hub.folder:
            assert notify().returncode == 64
            assert hook.asked == []
            done = notify("--test")
            assert done.returncode == 3, done
            said = set(done.stdout.splitlines())
            assert said > {"good, by webhook: told", "am, by alertmanager: told",
                           "script, by command: told", "mail, by mail: told"}
            assert len(said) == 5 and "bad, by webhook: not told: it answers " \
                "status 403" in done.stdout, done.stdout
            assert hook.kinds() == ["test"]
            assert "nothing has happened" in hook.told()[0]["text"]
            assert "nothing has happened" in box.mails[0][1]["Subject"]
            assert am.alerts()["degraded"]["labels"]["severity"] == "info"
            done = notify("--test", "--to", "good")
            assert done.returncode == 0, done
            assert hook.kinds() == ["test"] * 2 and len(box.mails) == 1
            done = notify("--test", "--to", "nobody")
            assert done.returncode == 3 and "no receiver nobody" in done.stderr


def rules_are_what_prometheus_reads():
    """packaging/prometheus, on series of what /metrics of a hub has."""
    promtool = receivers.tool("promtool")
    rules = os.path.join(receivers.ROOT,
                         "packaging/prometheus/acmeter.rules.yml")
    subprocess.run([promtool, "check", "rules", rules], check=True)
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(rules, folder)
        shutil.copy(os.path.join(HERE, "rules.test.yml"), folder)
        subprocess.run([promtool, "test", "rules", "rules.test.yml"],
                       cwd=folder, check=True)
    with fleet_of_four() as fleet, Webhook() as hook, \
            Hub(fleet.stations, webhook("ops", hook)) as hub:
        settle(hub)
        metrics = hub.get("/metrics")[1]
        subprocess.run([promtool, "check", "metrics"], input=metrics,
                       check=True)
        served = set(re.findall(r"^(\w+)\{", metrics.decode(), re.M))
    with open(rules) as f:
        _, of_hub = f.read().split("name: acmeter-hub")
    asked = set(re.findall(r"acmeter_\w+", of_hub))
    assert asked <= served, asked - served


if __name__ == "__main__":
    globals()[sys.argv[1]]()
