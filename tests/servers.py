"""Servers for tests: JupyterLab and the web page, as processes of their own."""

from __future__ import annotations

import contextlib
import os
import re
import socket
import subprocess
import sys

import psutil
import pytest

from rinq.fleet.launch import OWNER_VARIABLE

RINQ = """\
from rinq.apps import page_kernels
from rinq.cli import main
vars(page_kernels).update({constants})
main()"""


@pytest.fixture
def serve(tmp_path, port, eventually):
    """Starts a server of ``port``, with Jupyter's folders of its own; it ends with the test."""
    servers = []
    folders = {
        f"{name}_DIR": str(tmp_path / name.lower())
        for name in ("JUPYTER_CONFIG", "JUPYTER_DATA", "JUPYTER_RUNTIME")
    }
    environment = {**os.environ, **folders, "IPYTHONDIR": str(tmp_path / "ipython")}
    for name in (OWNER_VARIABLE, "JUPYTERHUB_SERVICE_PREFIX"):
        environment.pop(name, None)

    def start(command, **more):
        with (tmp_path / "server.log").open("wb") as log:
            server = subprocess.Popen(
                command, cwd=tmp_path, env={**environment, **more}, stdout=log, stderr=log
            )
        servers.append(server)
        eventually(lambda: _answers(port) or server.poll() is not None, 180)
        assert server.poll() is None, (tmp_path / "server.log").read_text()
        return server

    yield start
    for server in servers:
        _end(server)


def _answers(port):
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def _end(server):
    """Ask it to end, and end what it leaves."""
    if server.poll() is not None:
        return
    left = psutil.Process(server.pid).children(recursive=True)
    server.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        server.wait(15)
    for process in [*left, server]:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    server.wait()


@pytest.fixture
def serve_page(serve, port, tmp_path):
    """Serves the control room of ``tmp_path``; returns the server and the address it printed."""

    def start(*options, environment=None, **constants):
        """``constants``: what stands in ``page_kernels`` in place of its own."""
        code = RINQ.format(constants={"KEEP_NEW": 3600, **constants})  # a busy machine loads late
        command = [sys.executable, "-P", "-c", code, "app", "--no-browser", "--port", str(port)]
        server = serve([*command, *options], **(environment or {}))
        printed = (tmp_path / "server.log").read_text()
        return server, re.search(r"The control room is at (\S+) ", printed)[1]

    return start


def kernels(server):
    """The pids of a server's living kernels."""
    found = set()
    for child in psutil.Process(server.pid).children():
        with contextlib.suppress(psutil.NoSuchProcess):  # a zombie counts as such
            if "ipykernel_launcher" in child.cmdline():
                found.add(child.pid)
    return found


@pytest.fixture
def port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
