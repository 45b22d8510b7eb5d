"""The control room at localhost, as ``rinq app`` serves it."""

from __future__ import annotations

import http.server
import signal
import stat
import sys
import threading
from pathlib import Path

import pytest
from playwright.sync_api import expect
from processes import lives
from room_in_browser import (
    LONG,
    RoomInBrowser,
    freeze_pause_redrive_and_export,
    mistype,
    resize,
    running,
    start_steer_kill_and_stop,
)
from servers import kernels

from rinq.apps.web_guard import FOREIGN, UNAUTHENTICATED

OTHER_SITE = "evil.example"
ATTACK = """<script>
const tried = [
  fetch('{address}', {{mode: 'no-cors', credentials: 'include'}}),
  fetch('{address}api/kernels', {{method: 'POST', mode: 'no-cors', credentials: 'include'}}),
  new Promise((opened, refused) => {{
    const socket = new WebSocket('{socket}');
    socket.onopen = opened;
    socket.onerror = refused;
  }}),
];
Promise.allSettled(tried).then(ends => document.title = ends.map(end => end.status).join());
</script>"""


@pytest.fixture
def served(serve_page, config):
    """The page's server and address; it ends a closed page's kernel sooner than it would."""
    return serve_page("--config", str(config), KEEP_CLOSED=5)


@pytest.fixture
def other_site():
    """Serves a page under the name of another site; returns its address."""
    servers = []

    def start(html):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200)
                self.send_header("Content-Type", "text/html")
                self.end_headers()
                self.wfile.write(html.encode())

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return f"http://{OTHER_SITE}:{server.server_port}/"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def room(served, page):
    _, address = served
    room = RoomInBrowser(page)
    page.goto(address, timeout=2 * LONG)
    room.is_open()
    return room


def test_processes_are_steered_by_clicking_and_what_is_wrong_is_said(room, fleet, config):
    start_steer_kill_and_stop(room, fleet)
    mistype(room, config)


def test_a_learner_freezes_pauses_redrives_and_exports_and_the_room_fits_the_window(room, fleet):
    freeze_pause_redrive_and_export(room, fleet)
    resize(room)


def test_processes_live_without_a_page_and_end_with_the_server(
    room, served, page, fleet, eventually
):
    server, _ = served
    first = kernels(server)
    room.start("producer", "producer-1")
    room.start("consumer", "consumer-1")
    started = running(fleet)

    page.reload(timeout=2 * LONG)
    room.is_open()
    room.shows("producer-1", "running")
    eventually(lambda: not kernels(server) & first, timeout=120)
    assert kernels(server)

    page.close()
    eventually(lambda: not kernels(server), timeout=120)  # culled once it is seen idle
    assert running(fleet) == started

    server.send_signal(signal.SIGINT)
    assert server.wait(30) == 0
    eventually(lambda: not any(map(lives, started.values())))
    assert not running(fleet)


def test_another_user_of_the_machine_gets_one_sentence_and_starts_nothing(served, page):
    server, address = served
    for path in ("", "?token=", "login", "voila/static/voila.js"):
        answer = page.goto(address.partition("?")[0] + path, timeout=2 * LONG)
        assert answer.status == 403
        assert answer.text().strip() == UNAUTHENTICATED
    assert not kernels(server)


def test_a_page_of_another_site_reaches_nothing_in_the_browser_of_somebody_who_is_let_in(
    serve_page, config, page, other_site
):
    server, address = serve_page("--config", str(config), KEEP_CLOSED=3600)
    sockets = []
    page.on("websocket", lambda socket: sockets.append(socket.url))
    page.goto(address, timeout=2 * LONG)
    RoomInBrowser(page).is_open()
    before = kernels(server)
    assert len(before) == 1
    site = address.partition("?")[0]
    answers = []
    page.on("response", lambda a: answers.append((a.request.method, a.status, a.url)))
    page.goto(other_site(ATTACK.format(address=site, socket=sockets[0].partition("?")[0])))
    expect(page).to_have_title("fulfilled,fulfilled,rejected", timeout=LONG)  # no word of an answer
    assert {("GET", 403, site), ("POST", 403, f"{site}api/kernels")} <= {*answers}
    rebound = address.replace("localhost", OTHER_SITE)
    answer = page.goto(rebound, timeout=2 * LONG)
    assert (answer.status, answer.text().strip()) == (403, FOREIGN)
    assert kernels(server) == before


def test_the_browser_is_opened_at_the_address_without_its_token_on_a_command_line(
    serve_page, config, page, tmp_path, eventually
):
    script, opened = tmp_path / "browser.py", tmp_path / "opened"
    script.write_text(f"import pathlib, sys; pathlib.Path({str(opened)!r}).write_text(sys.argv[1])")
    environment = {"BROWSER": f"{sys.executable} {script} %s"}
    _, address = serve_page("--browser", "--config", str(config), environment=environment)
    url = eventually(lambda: opened.exists() and opened.read_text())
    assert address.partition("token=")[2] not in url
    file = Path(url.removeprefix("file://"))
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    page.goto(url)
    RoomInBrowser(page).is_open()
    assert page.url == address


def test_a_config_outside_the_folder_of_the_server_is_not_opened(room, config):
    folder = config.parent
    (folder / "far.yaml").write_text("general: {primary_path: ../elsewhere}")
    for path in ("/etc/passwd", "../config.yaml", "far.yaml"):
        room.open_config(path)
        room.says(f"lies outside {folder}, and this page opens nothing else.")
        room.says(f"Still connected to {folder / 'jobs' / 'rinq.db'}.")
    assert not (folder.parent / "elsewhere").exists()
