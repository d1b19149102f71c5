"""What the programs that drive a vendor's client share: the settings they were started with, and named checks, each printed as PASS or FAIL."""
import json
import sys
import time
import traceback
import urllib.request

settings = json.loads(sys.argv[-1])


def check(work):
    """Runs a check at once; its name is the function's."""
    name = work.__name__
    try:
        work()
        print("PASS", name, flush=True)
    except BaseException:
        lines = traceback.format_exc().strip().split("\n")
        print("FAIL", name, json.dumps(" | ".join(lines[-6:])), flush=True)


def fetch(url):
    """Content type and bytes of an address."""
    with urllib.request.urlopen(url) as answer:
        return answer.headers.get("content-type"), answer.read()


def until(probe, seconds=120):
    """Asks until the answer is true."""
    deadline = time.time() + seconds
    while True:
        value = probe()
        if value:
            return value
        assert time.time() < deadline, "waited %s seconds in vain" % seconds
        time.sleep(0.1)


def equal(actual, expected):
    assert actual == expected, "%r is not %r" % (actual, expected)
