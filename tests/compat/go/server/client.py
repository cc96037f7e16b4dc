"""Asks the server nine times, four requests at a time after the first."""
import concurrent.futures
import sys
import time
import urllib.request

BASE = "http://127.0.0.1:%s/" % sys.argv[1]


def ask(number):
    url = BASE + str(number)
    # The module may still be compiled.
    for _ in range(3):
        try:
            text = urllib.request.urlopen(url, timeout=60).read()
            return text == b"hi /%d\n" % number
        except ConnectionRefusedError:
            time.sleep(1)
    return False


good = [ask(0)]
with concurrent.futures.ThreadPoolExecutor(4) as pool:
    good += pool.map(ask, range(1, 9))
sys.exit(0 if all(good) else "only %d of %d" % (sum(good), len(good)))
