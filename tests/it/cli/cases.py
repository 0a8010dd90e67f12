"""acmeter at the command line: each function is one case, run by its name."""

import os
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


if __name__ == "__main__":
    globals()[sys.argv[1]]()
    print("ok", sys.argv[1])
