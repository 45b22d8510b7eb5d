"""``rinq app``: the control room as a web page, served by Voilà."""

from __future__ import annotations

import os
import secrets
import socket
import tempfile
import threading
import time
import webbrowser
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import nbformat
import traitlets
from voila.app import Voila

from rinq.apps.web_guard import guarded, is_loopback, is_unspecified
from rinq.config import Config
from rinq.display import printable
from rinq.errors import ConfigError
from rinq.files import STATE_FOLDER
from rinq.fleet.launch import OWNER_VARIABLE
from rinq.fleet.logs import LogReader
from rinq.queue.liveness import this_process

HUB_PREFIX = "JUPYTERHUB_SERVICE_PREFIX"
PORT = 8000
POLL = 0.3  # real seconds between two readings of the logs
KERNELS = "rinq.apps.page_kernels.PageKernels"
CELL = """import os
import rinq
os.chdir({folder!r})
rinq.ControlRoom({config!r}, within={folder!r})"""


class Page(Voila):  # type: ignore[misc]
    """Voilà behind a guard, with kernels that end with their pages."""

    address = traitlets.Unicode(help="what to open, with the token")

    def init_settings(self) -> dict[str, Any]:
        settings: dict[str, Any] = super().init_settings()
        self.identity_provider.cookie_options = {"samesite": "Strict"}
        # the guard refuses, in place of a page to log in, which a hub's prefix would hide
        return {**settings, "allow_unauthenticated_access": True}

    def init_handlers(self) -> list[tuple[Any, ...]]:
        host = None if os.environ.get(HUB_PREFIX) else self.ip
        handlers = super().init_handlers()
        return [(path, guarded(handler, host), *rest) for path, handler, *rest in handlers]

    def launch_browser(self) -> None:
        # by a file that only its owner can read: all users see the command line of a browser
        page = Path(self.notebook_path).with_name("open.html")
        page.write_text(f'<meta http-equiv="refresh" content="0; url={self.address}">', "utf-8")
        threading.Thread(target=webbrowser.open, args=(page.as_uri(),), daemon=True).start()


def serve_page(
    config: Config, *, port: int, browser: bool, host: str = "127.0.0.1", token: str = ""
) -> None:
    """Serve the control room until ended; processes started on the page end with this one.

    The log lines of all roles appear on standard output, prefixed by their names.

    Args:
        token: what a request must carry, as the printed address does; a random one if empty.

    Raises:
        ConfigError: the port is taken.
    """
    if problem := port_problem(host, port):
        raise ConfigError(
            f"{problem}.",
            advice=f"End what listens there, or choose another: rinq app --port {port + 1}.",
        )
    pid, started, _ = this_process()
    os.environ[OWNER_VARIABLE] = f"{pid}:{started}"
    threading.Thread(target=_print_logs, args=(config,), daemon=True).start()
    token = token or secrets.token_urlsafe()
    prefix = os.environ.get(HUB_PREFIX)
    base = f"{prefix.rstrip('/')}/proxy/absolute/{port}/" if prefix else "/"
    address = f"{'' if prefix else _site(host, port)}{base}?{urlencode({'token': token})}"
    print(f"The control room is at {address} (Ctrl-C ends it).", flush=True)
    with tempfile.TemporaryDirectory(prefix="rinq-app-") as folder:
        notebook = Path(folder) / "control-room.ipynb"
        _write_notebook(notebook, config)
        options = {"ip": host, "port": port, "port_retries": 0, "base_url": base, "token": token}
        command = [str(notebook), *(f"--Voila.{key}={value}" for key, value in options.items())]
        command += [f"--VoilaConfiguration.multi_kernel_manager_class={KERNELS}"]
        command += ["--Voila.log_level=ERROR"]
        command += [] if browser and not prefix else ["--no-browser"]
        Page.launch_instance(command, address=address)


def _site(host: str, port: int) -> str:
    """The server as a browser names it."""
    if is_loopback(host):
        host = "localhost"
    elif is_unspecified(host):
        host = socket.gethostname()
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def _write_notebook(path: Path, config: Config) -> None:
    file = str(config.file) if config.file else None
    cell = CELL.format(folder=str(Path.cwd()), config=file)
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(cell)], metadata={"title": "rinq", "kernelspec": kernel}
    )
    nbformat.write(notebook, path)


def port_problem(host: str, port: int) -> str | None:
    """Why nothing can be served there; None if it can."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        family, kind, protocol, _, address = found[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        return f"port {port} of {host}: {error.strerror}"
    return None


def _print_logs(config: Config) -> None:
    reader = LogReader(config.primary_path / STATE_FOLDER / "logs")
    while True:
        for name, line in reader.read():
            print(name, printable(line), flush=True)
        time.sleep(POLL)
