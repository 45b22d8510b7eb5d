"""Requests as any program on the machine can make them, with headers that a browser would set."""

from __future__ import annotations

import http.client
from contextlib import contextmanager
from urllib.parse import urlsplit

UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}


@contextmanager
def answer(address, method="GET", **headers):
    """The answer to a request; the connection stays open meanwhile."""
    url = urlsplit(address)
    connection = http.client.HTTPConnection("127.0.0.1", url.port, timeout=60)
    try:
        connection.request(
            method, f"{url.path}?{url.query}", headers={"Host": url.netloc, **headers}
        )
        yield connection.getresponse()
    finally:
        connection.close()


def ask(address, method="GET", **headers):
    """The status of the answer."""
    with answer(address, method, **headers) as response:
        return response.status


def body(address, method="GET", **headers):
    with answer(address, method, **headers) as response:
        return response.read().decode()
