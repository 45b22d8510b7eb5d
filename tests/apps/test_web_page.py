"""The web page's server, without a browser; with one see ``tests/browser``."""

from __future__ import annotations

import re
import socket

import psutil
import pytest
import yaml
from http_requests import ask, body
from processes import lives
from servers import kernels

from rinq import Fleet
from rinq.apps import web_page as app
from rinq.cli import main
from rinq.config import Config
from rinq.errors import ConfigError
from rinq.fleet.launch import OWNER_VARIABLE
from rinq.queue.liveness import start_time


def test_a_taken_port_is_named_with_what_to_do(port):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        with pytest.raises(ConfigError, match=f"port {port} .* --port {port + 1}"):
            app.serve_page(Config(), port=port, browser=False)


@pytest.mark.parametrize("command", ["app", "lab"])
@pytest.mark.parametrize("port", ["99999", "65536", "0", "-1", "1e3"])
def test_a_port_that_is_none_is_told_and_nothing_is_started(command, port, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["rinq", command, "--port", port])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert capsys.readouterr().err.splitlines()[-1].startswith("Error: Invalid value for '--port'")


def test_the_page_is_served_here_and_the_logs_are_printed(serve_page, tmp_path, eventually):
    logs = tmp_path / ".rinq" / "logs"
    logs.mkdir(parents=True)
    _, address = serve_page()
    assert address.startswith("http://localhost:")
    assert ask(address.replace("/?", "/no-such-page?")) == 302
    (logs / "anna.log").write_text("12:00 claimed abcdefghij\n")
    printed = tmp_path / "server.log"
    eventually(lambda: "anna 12:00 claimed abcdefghij\n" in printed.read_text())


def test_a_signal_to_end_ends_kernels_and_owned_roles_and_frees_the_port(
    serve_page, port, tmp_path, monkeypatch, eventually
):
    config = tmp_path / "config.yaml"
    config.write_text(yaml.safe_dump({"general": {"primary_path": "jobs"}}))
    server, address = serve_page()
    body(address)
    monkeypatch.setenv(OWNER_VARIABLE, f"{server.pid}:{start_time(server.pid)}")
    role = Fleet(config).start("cleaner").row.pid
    assert len(kernels(server)) == 1
    started = {role, *(child.pid for child in psutil.Process(server.pid).children(recursive=True))}
    server.terminate()
    assert server.wait(30) == 0
    eventually(lambda: not any(map(lives, started)))
    assert app.port_problem("127.0.0.1", port) is None


@pytest.mark.parametrize(
    ("host", "named"),
    [
        ("127.0.0.1", "localhost"),
        ("::1", "localhost"),
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8::1", "[2001:db8::1]"),
        ("0.0.0.0", socket.gethostname()),
    ],
)
def test_the_address_has_a_token_of_its_own_each_time(host, named, monkeypatch, capsys):
    monkeypatch.setattr(app.Page, "launch_instance", lambda *_, **__: None)
    monkeypatch.setattr(app, "port_problem", lambda *_: None)
    monkeypatch.setenv(OWNER_VARIABLE, "")
    for _ in range(2):
        app.serve_page(Config(), port=8000, browser=False, host=host)
    printed = re.findall(r" at http://(\S+):8000/\?token=([\w-]{32,}) ", capsys.readouterr().out)
    (first, token), (second, another) = printed
    assert first == second == named
    assert token != another


def test_under_a_hub_the_address_that_works_there_is_named(port, monkeypatch, capsys):
    monkeypatch.setenv(app.HUB_PREFIX, "/user/anna/")
    options = []
    monkeypatch.setattr(app.Page, "launch_instance", lambda argv, **_: options.extend(argv))
    monkeypatch.setenv(OWNER_VARIABLE, "")
    app.serve_page(Config(), port=port, browser=False, token="t0")
    assert f" /user/anna/proxy/absolute/{port}/?token=t0 " in capsys.readouterr().out
    assert f"--Voila.base_url=/user/anna/proxy/absolute/{port}/" in options
