"""The web page's server, without a browser; with one see ``tests/browser``."""

from __future__ import annotations

import http.client
import signal
import socket
import subprocess
import sys
from contextlib import closing

import pytest

from rinq.apps import web_page as app
from rinq.config import Config
from rinq.errors import ConfigError
from rinq.fleet.launch import OWNER_VARIABLE

COMMAND = [sys.executable, "-P", "-c", "from rinq.cli import main; main()", "app", "--no-browser"]


@pytest.fixture
def port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_a_taken_port_is_named_with_what_to_do(port):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        with pytest.raises(ConfigError, match=f"port {port} .* --port {port + 1}"):
            app.serve_page(Config(), port=port, browser=False)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "example.org", "192.0.2.1"])
def test_nobody_else_is_let_in_without_a_token(port, host):
    with pytest.raises(ConfigError, match="--token"):
        app.serve_page(Config(), port=port, browser=False, host=host)


def test_the_page_is_served_here_and_the_logs_are_printed(tmp_path, port, eventually):
    logs = tmp_path / ".rinq" / "logs"
    logs.mkdir(parents=True)
    with (tmp_path / "out").open("wb") as out:
        server = subprocess.Popen(
            [*COMMAND, "--port", str(port)], cwd=tmp_path, stdout=out, stderr=out
        )
    try:
        eventually(lambda: app.port_problem("127.0.0.1", port))
        with closing(http.client.HTTPConnection("127.0.0.1", port)) as connection:
            connection.request("GET", "/no-such-page")
            answer = connection.getresponse()
            assert answer.headers["Server"].startswith("TornadoServer")
            answer.read()
        (logs / "anna.log").write_text("12:00 claimed abcdefghij\n")
        eventually(lambda: "anna 12:00 claimed abcdefghij\n" in (tmp_path / "out").read_text())
        server.send_signal(signal.SIGINT)
        assert server.wait(30) == 0
    finally:
        server.kill()
        server.wait()
    assert f"http://localhost:{port}/" in (tmp_path / "out").read_text()


def test_under_a_hub_the_address_that_works_there_is_named(tmp_path, port, monkeypatch, capsys):
    monkeypatch.setenv(app.HUB_PREFIX, "/user/anna/")
    options = []
    monkeypatch.setattr(app.Page, "launch_instance", options.extend)
    monkeypatch.setenv(OWNER_VARIABLE, "")
    app.serve_page(Config(), port=port, browser=False)
    assert f"/user/anna/proxy/absolute/{port}/" in capsys.readouterr().out
    assert f"--Voila.base_url=/user/anna/proxy/absolute/{port}/" in options
