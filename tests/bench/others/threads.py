"""Disconnects with requests, from a pool of threads.

    threads.py EVERY CONCURRENCY
"""
import os
import sys
from concurrent.futures import ThreadPoolExecutor

import requests

every, concurrency = int(sys.argv[1]), int(sys.argv[2])
url = os.environ["XERO_API_URL"] + "/connections"
session = requests.Session()
session.verify = os.environ["SSL_CERT_FILE"]
session.trust_env = False
session.headers["Authorization"] = "Bearer " + os.environ["XERO_ACCESS_TOKEN"]
session.mount("https://", requests.adapters.HTTPAdapter(pool_maxsize=concurrency))


def disconnect(connection):
    answer = session.delete(f"{url}/{connection['id']}")
    assert answer.status_code == 204, answer.status_code


chosen = session.get(url).json()[every - 1::every]
with ThreadPoolExecutor(concurrency) as pool:
    list(pool.map(disconnect, chosen))
