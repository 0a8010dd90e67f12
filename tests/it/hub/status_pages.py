"""acmeter hub and the status pages of the CAs themselves: real servers that say
good things, bad things, nothing and nonsense. Each function is one case.
"""

import json
import sys
import time

from cases import Fleet, Hub, incidents, to_us, verdict, wait_until
from odd_server import OddServer

NOTICE = "Outage of <b>everything</b>"


def status_io(code=100, notices=()):
    return json.dumps({"result": {
        "status_overall": {"status": "Operational", "status_code": code},
        "status": [{"name": "acme-v02", "status": "Operational",
                    "status_code": code}],
        "incidents": [{"_id": "a", "name": name} for name in notices],
        "maintenance": {"active": [], "upcoming": []}}})


def statuspage(indicator="none"):
    return json.dumps({
        "components": [], "incidents": [], "scheduled_maintenances": [],
        "status": {"indicator": indicator, "description": "All systems go"}})


FEED = ("<rss><channel><item><title>Slow</title><description>Investigating"
        "</description><guid>g</guid></item></channel></rss>")
LAUGHS = ('<!DOCTYPE rss [<!ENTITY a "haha"><!ENTITY b "&a;&a;&a;">]>'
          "<rss>&b;</rss>")


class Page(OddServer):
    """A status page, and how a hub is told of it."""

    def yaml(self, kind, more=""):
        return (f"status_pages:\n  - ca: local\n    kind: {kind}\n    url: "
                f"http://127.0.0.1:{self.port}/status\n    every: 1s\n"
                f"    page: https://status.example/?a=1&b=2\n{more}")


def own(hub):
    return verdict(hub)["status_page"]


def each_kind_is_read_and_shown():
    for kind, body, says, words in (
            ("status.io", status_io(), "operational", "Operational"),
            ("statuspage", statuspage("major"), "partial_outage",
             "All systems go"),
            ("feed", FEED, "degraded", "Slow")):
        with Fleet(3, stray=0) as fleet, Page(body) as page, \
                Hub(fleet.stations, more=page.yaml(kind)) as hub:
            wait_until("it is operational", lambda: verdict(hub)["verdict"]
                       == "operational", 40)
            said = wait_until("it is read", lambda: own(hub) if own(hub)["read"]
                              else None)
            assert (said["says"], said["words"]) == (says, words), said
            assert said["trouble"] is None, said
            assert page.asked[0]["User-Agent"].startswith("acmeter/"), page.asked
            # Beside the verdict, and not in it.
            assert verdict(hub)["verdict"] == "operational"
            assert hub.json("/api/v1/incidents?ca=local")["status_page"][
                "says"] == says
            html = hub.get("/")[1].decode()
            assert 'href="https://status.example/?a=1&amp;b=2"' in html
            assert f"own status page</a> says: “{words}”" in html, html[:3000]


def only_what_has_changed_is_asked_for():
    with Fleet(1) as fleet, Page(status_io(), ETag='"one"',
                                 Last_Modified="Mon, 23 Nov 2026 06:01:28 GMT"
                                 ) as page, \
            Hub(fleet.stations, more=page.yaml("status.io")) as hub:
        wait_until("it has asked again", lambda: len(page.asked) >= 3)
        assert "If-None-Match" not in page.asked[0], page.asked
        for head in page.asked[1:]:
            assert head["If-None-Match"] == '"one"', page.asked
            assert head["If-Modified-Since"].startswith("Mon, 23 Nov"), head
        first = own(hub)
        assert first["trouble"] is None and first["says"] == "operational"
        wait_until("nothing new is a reading too",
                   lambda: to_us(own(hub)["read"]) > to_us(first["read"]))
        page.say(status_io(500), ETag='"two"')
        wait_until("it says another thing",
                   lambda: own(hub)["says"] == "major_outage")


def what_cannot_be_read_is_said_with_its_reason():
    huge = status_io() + " " * (2 << 20)
    with Fleet(1) as fleet, Page(status_io()) as page, \
            Hub(fleet.stations, more=page.yaml("status.io")) as hub:
        wait_until("it is read", lambda: own(hub)["read"])
        for body, options, words in (
                ("<html>\x1b[2J", {}, "JSON"),
                ("", {"status": 503}, "status 503"),
                ("", {"status": 302, "Location": "http://127.0.0.1:1/x"},
                 "http://127.0.0.1:1/x"),
                ("", {"status": 304}, "status 304"),
                (huge, {}, "bytes"),
                ("", {"endless": True}, "bytes"),
                (json.dumps({"result": {"status_overall": {
                    "status_code": "x"}}}), {}, "status_code")):
            page.say(body, **options)
            wait_until(f"trouble is told: {words}",
                       lambda: words in (own(hub)["trouble"] or ""), 60)
            assert own(hub)["says"] == "operational"
            page.say(status_io())
            wait_until("it is read again",
                       lambda: own(hub)["trouble"] is None, 90)
        page.say("", status=500)
        wait_until("the page of the hub says so", lambda:
                   "has not been readable since" in hub.get("/")[1].decode())
        assert "It said: “Operational”." in hub.get("/")[1].decode()


def who_hangs_holds_up_nobody():
    with Fleet(2, stray=0) as fleet, Page(hang=True) as page, \
            Hub(fleet.stations, more=page.yaml("feed")) as hub:
        wait_until("all is there", lambda: hub.has_all_of(fleet.stations), 40)
        assert own(hub)["read"] is None
        assert "has not been read yet" in hub.get("/")[1].decode()
        wait_until("its silence is told", lambda: own(hub)["trouble"], 40)
        assert len(page.asked) <= 2, page.asked


def entities_are_refused():
    with Fleet(1) as fleet, Page(LAUGHS) as page, \
            Hub(fleet.stations, more=page.yaml("feed")) as hub:
        wait_until("it is refused", lambda:
                   "document type" in (own(hub)["trouble"] or ""))


def a_wrong_component_is_told():
    with Fleet(1) as fleet, Page(status_io()) as page, \
            Hub(fleet.stations, more=page.yaml(
                "status.io", "    components: [acme-v02, acme-v03]\n")) as hub:
        wait_until("it is told", lambda: 'no component "acme-v03"'
                   in (own(hub)["trouble"] or ""))


def its_first_word_is_kept_with_the_incident():
    with Fleet(4, stray=0) as fleet, Page(status_io()) as page, \
            Hub(fleet.stations, more=page.yaml("status.io")) as hub:
        wait_until("it is operational", lambda: verdict(hub)["verdict"]
                   == "operational", 40)
        for _ in range(2):
            for s in fleet.stations:
                s.issue(failing="newOrder")
        wait_until("it is declared", lambda: incidents(hub))
        wait_until("the page is silent", lambda: incidents(hub)[0]["status_page"])
        before = incidents(hub)[0]["status_page"]
        assert before["spoke"] is None and before["silent"], before
        number = incidents(hub)[0]["number"]
        where = f"/incidents/local/{number}"
        assert "had said nothing of it" in hub.get(where)[1].decode()
        time.sleep(1)
        page.say(status_io(500, [NOTICE]))
        wait_until("it spoke", lambda: incidents(hub)[0]["status_page"]["spoke"])
        one = incidents(hub)[0]
        said = one["status_page"]
        assert said["words"] == NOTICE, said
        assert said["lead_us"] == to_us(said["spoke"]) - to_us(one["declared"])
        assert said["lead_us"] > 0 and said["silent"] < said["spoke"], said
        html = hub.get(where)[1].decode()
        assert "own status page first spoke at" in html
        assert "after it was declared here" in html
        assert "&lt;b&gt;everything" in html and "<b>everything" not in html
        assert "<td data-label=\"lead\"" in hub.get("/")[1].decode()
        # What it says later, and a restart, change nothing of that.
        page.say(status_io(500, ["Another"]))
        wait_until("it is read", lambda: own(hub)["words"] == "Another")
        for _ in range(3):
            for s in fleet.stations:
                s.issue()
        wait_until("it is over", lambda: incidents(hub)[0]["end"])
        hub.stop()
        hub.start()
        wait_until("it is known", lambda: incidents(hub), 40)
        wait_until("the page is read", lambda: own(hub)["read"])
        time.sleep(2)
        assert incidents(hub)[0]["status_page"] == said, incidents(hub)
        assert verdict(hub)["verdict"] == "operational"


def main():
    globals()[sys.argv[1]]()


if __name__ == "__main__":
    main()
