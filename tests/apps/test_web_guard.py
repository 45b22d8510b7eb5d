"""Who may ask the web page's server for what; with a browser see ``tests/browser``."""

from __future__ import annotations

import re
import socket
from unittest.mock import Mock

import pytest
from http_requests import UPGRADE, answer, ask, body
from servers import kernels

from rinq.apps.web_guard import FOREIGN, UNAUTHENTICATED, is_from_here
from rinq.apps.web_page import HUB_PREFIX

PATHS = (
    "/",
    "/login",
    "/api/kernels/{kernel}",
    "/api/kernels/{kernel}/channels",
    "/voila/api/shutdown/{kernel}",
    "/voila/static/voila.js",
    "/voila/templates/lab/static/voila.js",
    "/voila/labextensions/jupyterlab_pygments/install.json",
    "/voila/api/themes/any.css",
    "/voila/files/control-room.ipynb",
)


def test_without_the_token_nothing_is_answered_but_one_sentence(serve_page):
    server, address = serve_page()
    site, token = address.split("/?token=")
    assert len(token) >= 32
    kernel = re.search(r'"kernelId": "([^"]+)"', body(address))[1]
    running = kernels(server)
    assert len(running) == 1
    paths = [path.format(kernel=kernel) for path in PATHS]
    for query in ("", "?token=", f"?token={token[:-1]}"):
        for method, headers in (("GET", {}), ("POST", {}), ("DELETE", {}), ("GET", UPGRADE)):
            statuses = {path: ask(f"{site}{path}{query}", method, **headers) for path in paths}
            assert set(statuses.values()) <= {403, 405}, statuses
            assert method != "GET" or 405 not in statuses.values()
    assert body(f"{site}/").strip() == UNAUTHENTICATED
    assert kernels(server) == running, "a request that was refused started or ended a kernel"

    assert ask(f"{site}/voila/static/voila.js?token={token}") == 200
    assert ask(f"{site}/api/kernels/{kernel}?token={token}") == 200
    assert ask(f"{site}/api/kernels/{kernel}/channels?token={token}", **UPGRADE) == 101


def test_the_cookie_serves_in_place_of_the_token_and_no_other_site_can_use_it(serve_page):
    _, address = serve_page()
    site, _ = address.split("/?")
    script = f"{site}/voila/static/voila.js"
    with answer(address.replace("/?", "/voila/static/voila.js?")) as response:
        cookie = response.headers["Set-Cookie"]
    assert {"HttpOnly", "SameSite=Strict"} <= set(cookie.split("; "))
    mine = {"Cookie": cookie.partition(";")[0]}
    assert ask(script, **mine) == 200
    assert ask(script, **mine, Origin=site) == 200
    assert ask(script, **mine, Origin="http://evil.example") == 403
    assert ask(script, **mine, Origin="null") == 403
    port = site.rpartition(":")[2]
    for host in ("evil.example", f"evil.example:{port}", f"localhost.evil.example:{port}", "[::1"):
        assert ask(script, **mine, Host=host) in {400, 403}, host
        assert ask(address, Host=host, Origin=f"http://{host}") in {400, 403}, host
    assert body(address, Host="evil.example").strip() == FOREIGN


@pytest.mark.parametrize(
    ("served", "host", "allowed"),
    [
        ("127.0.0.1", "localhost:8000", True),
        ("127.0.0.1", "LOCALHOST", True),
        ("127.0.0.1", "127.0.0.1:9000", True),
        ("127.0.0.1", "[::1]:8000", True),
        ("127.0.0.1", "192.0.2.7:8000", False),
        ("127.0.0.1", "127.0.0.1.evil.example", False),
        ("127.0.0.1", "user@localhost.example", False),
        ("127.0.0.1", "[", False),
        ("127.0.0.1", "", False),
        ("here.example", "here.example:8000", True),
        ("here.example", "there.example", False),
        ("0.0.0.0", "192.0.2.7:8000", True),
        ("0.0.0.0", f"{socket.gethostname()}:8000", True),
        ("::", "[2001:db8::1]:8000", True),
        ("0.0.0.0", "evil.example", False),
    ],
)
def test_a_server_answers_to_its_own_names_only(served, host, allowed):
    request = Mock(host=host, headers={"Origin": f"http://{host}"})
    assert is_from_here(request, served) is allowed


def test_behind_a_hub_the_token_is_asked_for_and_names_are_left_to_the_proxy(serve_page, port):
    _, path = serve_page(environment={HUB_PREFIX: "/user/anna"})
    script = path.replace("/?", "/voila/static/voila.js?")
    assert script.startswith(f"/user/anna/proxy/absolute/{port}/voila/")
    site, hub = f"http://localhost:{port}", {"Host": "hub.example", "Origin": "http://hub.example"}
    assert ask(f"{site}{script}", **hub) == 200
    assert ask(f"{site}{script.partition('?')[0]}", **hub) == 403
    assert ask(f"{site}{path.partition('?')[0]}", **hub) == 403
