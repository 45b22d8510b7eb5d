"""``rinq app``: the control room as a web page, served by Voilà."""

from __future__ import annotations

import ipaddress
import os
import socket
import tempfile
import threading
import time
from pathlib import Path

import nbformat
from jupyter_core.utils import ensure_async
from tornado.ioloop import PeriodicCallback
from voila.app import Voila

from rinq.apps.notebooks import CONFIG_VARIABLE
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
KEEP_CLOSED = 15.0  # real seconds after which the kernel of a closed page is ended
KEEP_NEW = 120.0  # the same for one that no page was ever connected to
CELL = """import os
import rinq
os.chdir({folder!r})
rinq.ControlRoom(os.environ.get("{variable}"))"""


class Page(Voila):  # type: ignore[misc]
    """Voilà, which by itself keeps the kernel of a page that was closed."""

    def listen(self) -> None:
        self._alone_since: dict[str, float] = {}
        self._once_connected: set[str] = set()
        PeriodicCallback(self.end_abandoned_kernels, 1000 * KEEP_CLOSED / 5).start()
        super().listen()

    async def end_abandoned_kernels(self) -> None:
        """End each kernel that no page has been connected to for ``KEEP_CLOSED`` seconds."""
        kernels = self.kernel_manager.list_kernels()
        alone = {kernel["id"] for kernel in kernels if not kernel["connections"]}
        self._once_connected |= {kernel["id"] for kernel in kernels} - alone
        now = time.monotonic()
        self._alone_since = {kernel: self._alone_since.get(kernel, now) for kernel in alone}
        for kernel, since in self._alone_since.items():
            # until a page first connects it is still loading, which may take long
            if now - since > (KEEP_CLOSED if kernel in self._once_connected else KEEP_NEW):
                await ensure_async(self.kernel_manager.shutdown_kernel(kernel))


def serve_page(
    config: Config, *, port: int, browser: bool, host: str = "127.0.0.1", token: str = ""
) -> None:
    """Serve the control room until ended; processes started on the page end with this one.

    The log lines of all roles appear on standard output, prefixed by their names.

    Raises:
        ConfigError: the port is taken, or the host is not this machine and there is no token.
    """
    _check_host(host, token)
    if problem := port_problem(host, port):
        raise ConfigError(
            f"{problem}.",
            advice=f"End what listens there, or choose another: rinq app --port {port + 1}.",
        )
    pid, started, _ = this_process()
    os.environ[OWNER_VARIABLE] = f"{pid}:{started}"
    if config.file is not None:
        os.environ[CONFIG_VARIABLE] = str(config.file)
    threading.Thread(target=_print_logs, args=(config,), daemon=True).start()
    prefix = os.environ.get(HUB_PREFIX)
    base = f"{prefix.rstrip('/')}/proxy/absolute/{port}/" if prefix else "/"
    where = base if prefix else f"http://{'localhost' if _is_local(host) else host}:{port}/"
    print(f"The control room is at {where} (Ctrl-C ends it).", flush=True)
    with tempfile.TemporaryDirectory(prefix="rinq-app-") as folder:
        notebook = Path(folder) / "control-room.ipynb"
        _write_notebook(notebook)
        options = {"ip": host, "port": port, "port_retries": 0, "base_url": base, "token": token}
        command = [str(notebook), *(f"--Voila.{key}={value}" for key, value in options.items())]
        command += ["--Voila.log_level=ERROR", *([] if browser else ["--no-browser"])]
        Page.launch_instance(command)


def _write_notebook(path: Path) -> None:
    cell = CELL.format(folder=str(Path.cwd()), variable=CONFIG_VARIABLE)
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(cell)], metadata={"title": "rinq", "kernelspec": kernel}
    )
    nbformat.write(notebook, path)


def _is_local(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _check_host(host: str, token: str) -> None:
    if not (_is_local(host) or token):
        raise ConfigError(
            f"--host {host}: others could reach this page and start processes here.",
            advice="Give a secret with --token, or leave --host away.",
        )


def port_problem(host: str, port: int) -> str | None:
    """Why nothing can be served there; None if it can."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            return f"port {port} of {host}: {error.strerror}"
    return None


def _print_logs(config: Config) -> None:
    reader = LogReader(config.primary_path / STATE_FOLDER / "logs")
    while True:
        for name, line in reader.read():
            print(name, printable(line), flush=True)
        time.sleep(POLL)
