"""acmeter at the command line: each function is one case, run by its name."""

import contextlib
import json
import os
import pty
import sqlite3
import subprocess
import sys
import tempfile

ACMETER = os.environ["ACMETER"]
# A port at which nobody listens: the port of a service that no machine has.
NOBODY = "https://127.0.0.1:1/directory"


def acmeter(*arguments, **options):
    options = {"capture_output": True, "text": True, "timeout": 30,
               "stdin": subprocess.DEVNULL, **options}
    if "stdout" in options:
        del options["capture_output"]
        options.setdefault("stderr", subprocess.PIPE)
    return subprocess.run([ACMETER, *arguments], **options)


def probe(folder, *arguments, **options):
    return acmeter("probe", "--account-key", os.path.join(folder, "a.key"),
                   *arguments, **options)


def what_cannot_be_printed_is_no_success():
    for arguments in (["--help"], ["--version"], ["probe", "--help"],
                      ["check-config", "--help"], ["station", "--help"]):
        with open("/dev/full", "w") as full:
            done = acmeter(*arguments, stdout=full)
        assert done.returncode == 3, (arguments, done)
        assert "No space left" in done.stderr, done
    with tempfile.TemporaryDirectory() as folder, open("/dev/full", "w") as f:
        for json in ([], ["--json"]):
            done = probe(folder, "--shallow", *json, NOBODY, stdout=f)
            assert done.returncode == 2, done
            assert "not all could be printed" in done.stderr, done


def closed_descriptors_get_no_output():
    for closed in ((1,), (0, 1), (0, 1, 2)):
        with tempfile.TemporaryDirectory() as folder:
            done = probe(
                folder, "--shallow", "--json", NOBODY,
                preexec_fn=lambda: [os.close(fd) for fd in closed])
            assert done.returncode == 2, done
            with open(os.path.join(folder, "a.key")) as f:
                key = f.read()
            assert key.startswith("-----BEGIN"), key
            assert key.rstrip().endswith("-----"), key
    done = acmeter("--version", preexec_fn=lambda: os.close(1))
    assert done.returncode == 3, done


def what_was_typed_wrong_is_told_before_anything_is_done():
    name = ["--name", "a.example"]
    many = [word for i in range(101) for word in ("--name", f"n{i}.example")]
    wrongs = {
        "expected one directory URL, found 0": ["--shallow"],
        "expected one directory URL, found 2": ["--shallow", NOBODY, NOBODY],
        "a name to prove is needed": [NOBODY],
        "unknown option -x": ["--shallow", "-x4", NOBODY],
        "unknown option --frob": ["--frob", NOBODY],
        "--shallow takes no value": ["--shallow=yes", NOBODY],
        "--name needs a value": [NOBODY, "--name"],
        "--timeout: found \"5\", expected a duration with its unit":
            ["--shallow", "--timeout", "5", NOBODY],
        "--answer-timeout: found \"0s\"":
            ["--shallow", "--answer-timeout", "0s", NOBODY],
        "--bad-nonces: found \"-1\", expected a number":
            ["--shallow", "--bad-nonces", "-1", NOBODY],
        "--key-type: found \"ed25519\", expected p256":
            [*name, "--key-type", "ed25519", NOBODY],
        "--color: found \"red\", expected auto, always or never":
            ["--shallow", "--color", "red", NOBODY],
        "--ipv6: found both, expected one family":
            ["--shallow", "-46", NOBODY],
        "--account-key: found \"\"": ["--shallow", "--account-key", "", NOBODY],
        "at most 100 times": [*many, NOBODY],
        "found \"A.EXAMPLE\" twice": [*name, "--name", "A.EXAMPLE", NOBODY],
        "http-01 cannot prove one": ["--name", "*.a.example", NOBODY],
        "with xn-- in front": ["--name", "\u00fc.example", NOBODY],
        "--name: found \"a\\x1b.example\"": ["--name", "a\033.example", NOBODY],
        "--contact: found \"ops\", expected one address":
            ["--shallow", "--contact", "ops", NOBODY],
        "--contact: found \"aaaa":
            ["--shallow", "--contact", 300 * "a" + "@example.org", NOBODY],
        "--allow-host: found \"https://a/\"":
            ["--shallow", "--allow-host", "https://a/", NOBODY],
        "--resolve: found \"127.0.0.1\", expected HOST:ADDRESS":
            ["--shallow", "--resolve", "127.0.0.1", NOBODY],
        "expected the host of the directory":
            ["--shallow", "--resolve", "a.example:127.0.0.1", NOBODY],
        "--allow-http takes http": ["--shallow", "http://127.0.0.1:1/"],
        "URL: \"foo\" is no http or https URL": ["--shallow", "foo"],
    }
    with tempfile.TemporaryDirectory() as folder:
        for sentence, arguments in wrongs.items():
            done = probe(folder, *arguments)
            assert done.returncode == 64, (arguments, done)
            assert sentence in done.stderr, (sentence, done.stderr)
            assert "acmeter probe --help" in done.stderr, done.stderr
            assert done.stdout == "", done.stdout
        assert os.listdir(folder) == [], os.listdir(folder)


def a_binding_key_is_looked_at_first():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "mac")
        for text in ("", "two\nlines\n", "not base64url!\n", "A\n"):
            with open(path, "w") as f:
                f.write(text)
            done = probe(folder, "--shallow", "--eab-kid", "k",
                         "--eab-hmac-file", path, NOBODY)
            assert done.returncode == 3, (text, done)
            assert done.stderr.startswith(f"acmeter probe: {path}: "), done
            assert done.stdout == "", done


def on_a_terminal(folder, *arguments, **environment):
    """What a terminal shows that is standard output and error."""
    ours, theirs = pty.openpty()
    done = subprocess.Popen(
        [ACMETER, "probe", "--account-key", os.path.join(folder, "a.key"),
         *arguments], stdin=theirs, stdout=theirs, stderr=theirs,
        env={"LC_ALL": "C.UTF-8", "TERM": "xterm", **environment})
    os.close(theirs)
    shown = b""
    while True:
        try:
            some = os.read(ours, 4096)
        except OSError:
            break
        if not some:
            break
        shown += some
    os.close(ours)
    assert done.wait(30) == 2, (done.returncode, shown)
    return shown


def the_terminal_decides_about_colour():
    with tempfile.TemporaryDirectory() as folder:
        shallow = ["--shallow", NOBODY]
        assert b"\033[34m" in on_a_terminal(folder, *shallow)
        for environment in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
            shown = on_a_terminal(folder, *shallow, **environment)
            assert b"\033[34m" not in shown, shown
        # No line is overwritten where that cannot be done.
        shown = on_a_terminal(folder, *shallow, TERM="dumb")
        assert b"\033" not in shown, shown
        shown = on_a_terminal(folder, "--color", "always", *shallow,
                              NO_COLOR="1", TERM="dumb")
        assert b"\033[34m" in shown, shown


def the_sentence_is_the_last_line_and_advice_is_beside_it():
    with tempfile.TemporaryDirectory() as folder:
        done = probe(folder, "--shallow", NOBODY)
        assert done.returncode == 2, done
        assert done.stderr == "", done
        last = done.stdout.splitlines()[-1]
        assert "127.0.0.1:1 refused the connection for directory" in last, last
        done = acmeter("probe", "--shallow", NOBODY,
                       env={"HOME": os.path.join(folder, "a.key")})
        assert done.returncode == 3, done
        assert "use --account-key for another" in done.stderr, done


def scenario(name):
    return os.path.join(os.environ["SCENARIOS"], name + ".yaml")


def a_scenario_is_played_twice_alike_and_its_expectation_decides():
    path = scenario("2020-06-25")
    for option in ([], ["--json"]):
        done = acmeter("replay", *option, path)
        again = acmeter("replay", *option, path)
        assert done.returncode == 0, done
        assert done.stdout == again.stdout and done.stderr == "", done
    said = json.loads(done.stdout)
    assert said["as_expected"] and said["differences"] == [], said
    (row,) = said["incidents"]
    assert row["status_page"] == "2020-06-25T07:04:00.000000Z", row
    assert row["lead_s"] > 570, row
    incident = row["incident"]
    assert incident["start"].startswith("2020-06-25T06:53:33."), incident
    assert incident["good"].startswith("2020-06-25T07:17:00."), incident
    assert incident["declared"] < "2020-06-25T06:54:30", incident
    assert len(incident["stations"]) == 4, incident
    with tempfile.TemporaryDirectory() as folder:
        other = os.path.join(folder, "other.yaml")
        with open(path) as f, open(other, "w") as g:
            g.write(f.read().replace("worst: major", "worst: partial"))
        done = acmeter("replay", other)
        assert done.returncode == 1, done
        assert ("not as expected:\nletsencrypt, incident 1: worst: found "
                "major_outage, expected partial_outage\n") in done.stdout
        done = acmeter("replay", "--json", other)
        assert done.returncode == 1, done
        assert len(json.loads(done.stdout)["differences"]) == 1, done
        # Nobody is failing when nine have to be.
        rules = os.path.join(folder, "rules.yaml")
        with open(rules, "w") as f:
            f.write("voices: 9\nfew: 1d\n")
        done = acmeter("replay", "--rules", rules, path)
        assert done.returncode == 1 and "found none" in done.stdout, done


def a_scenario_is_played_at_another_pace_and_time():
    path = scenario("2020-06-25")
    begin = ["--begin", "2026-01-01T00:00:00Z"]
    for option, minutes in (([], 120), (["--speed", "10"], 12)):
        done = acmeter("replay", "--json", *option, *begin, path)
        assert done.returncode == 0, done
        said = json.loads(done.stdout)
        assert said["from"] == "2026-01-01T00:00:00.000000Z", said
        end = f"2026-01-01T{minutes // 60:02}:{minutes % 60:02}:00.000000Z"
        assert said["to"] == end, said
        # It holds at its own pace only.
        assert "as_expected" not in said, said
        (row,) = said["incidents"]
        assert row["incident"]["worst"] == "major_outage", row
    assert "expected" not in acmeter("replay", *option, path).stdout


def a_scenario_that_does_not_hold_is_told_with_its_place():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "s.yaml")
        with open(path, "w") as f:
            f.write("title: x\nduring: yesterday\n")
        for wrong, sentence in (
                ([path], f"acmeter replay: {path}:2:9: during: found "
                         "\"yesterday\", expected a time"),
                (["--rules", path, scenario("2020-06-25")],
                 f"{path}:1:1: found the unknown key \"title\""),
                ([os.path.join(folder, "none")], "No such file")):
            done = acmeter("replay", *wrong)
            assert done.returncode == 3, (wrong, done)
            assert sentence in done.stderr, (sentence, done.stderr)
            assert done.stdout == "", done
        for wrong, sentence in (
                ([], "expected one file, found 0"),
                ([path, path], "expected one file, found 2"),
                (["--from", "2026", path], "found \"2026\", expected a time"),
                (["--from", "2026-01-01T00:00:00Z", path], "is none"),
                (["--speed", "0", path], "expected a speed from 1 to 1000"),
                (["--begin", "now", path], "found \"now\", expected a time"),
                (["--frob", path], "unknown option --frob")):
            done = acmeter("replay", *wrong)
            assert done.returncode == 64, (wrong, done)
            assert sentence in done.stderr, (sentence, done.stderr)


def a_database_needs_its_times_and_has_to_be_ours():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "s.db")
        with contextlib.closing(sqlite3.connect(path)) as db:
            db.execute("CREATE TABLE t (x)")
            db.commit()
        done = acmeter("replay", path)
        assert done.returncode == 64, done
        assert "a database needs --from and --to" in done.stderr, done
        done = acmeter("replay", "--speed", "2", path)
        assert done.returncode == 64, done
        assert "--speed and --begin are for a scenario" in done.stderr, done
        times = ["--from", "2026-01-02T00:00:00Z", "--to"]
        done = acmeter("replay", *times, "2026-01-01T00:00:00Z", path)
        assert done.returncode == 64, done
        assert "--from is to be before --to" in done.stderr, done
        # It is somebody else's.
        done = acmeter("replay", *times, "2026-01-03T00:00:00Z", path)
        assert done.returncode == 3 and path in done.stderr, done


if __name__ == "__main__":
    globals()[sys.argv[1]]()
    print("ok", sys.argv[1])
