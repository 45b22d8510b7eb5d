"""Who may ask the web page's server for anything: whoever has its token, under its own name."""

from __future__ import annotations

import ipaddress
import socket
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from jupyter_server.base.handlers import JupyterHandler
from tornado.httputil import HTTPServerRequest
from tornado.web import HTTPError, RequestHandler

UNAUTHENTICATED = (
    "Open the address that 'rinq app' printed: it holds a token, which is missing here."
)
FOREIGN = "Refused: asked for under the name of another host, or by a page of another site."


class Guard(JupyterHandler):
    """Stands before each of Voilà's handlers and refuses, in a sentence, whoever may not ask.

    Voilà by itself answers under any host name, and gives its static files to everyone.
    """

    served_host: str | None
    """Where the server listens; None behind a hub's proxy, which checks names itself."""

    async def prepare(self) -> None:  # type: ignore[override]
        if self.served_host is not None and not is_from_here(self.request, self.served_host):
            raise HTTPError(HTTPStatus.FORBIDDEN, FOREIGN)
        await super().prepare()
        if not self.current_user:
            raise HTTPError(HTTPStatus.FORBIDDEN, UNAUTHENTICATED)

    def write_error(self, status_code: int, **details: Any) -> None:
        error = details.get("exc_info", (None, None))[1]
        sentence = error.log_message if isinstance(error, HTTPError) else None
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.finish(f"{sentence or HTTPStatus(status_code).phrase}\n")


def guarded(handler: type[RequestHandler], served_host: str | None) -> type[RequestHandler]:
    """The handler with a guard before it."""
    return type(handler.__name__, (Guard, handler), {"served_host": served_host})


def is_from_here(request: HTTPServerRequest, served_host: str) -> bool:
    """Whether a request names this server, and was not made by a page of another site.

    The owner of another name can make it point to this server (DNS rebinding), and then a
    page of that site may read what it answers. An IP address cannot be used so.
    """
    origin = request.headers.get("Origin")
    try:
        name = urlsplit(f"//{request.host}").hostname or ""
        same = origin is None or urlsplit(origin).netloc.lower() == request.host.lower()
    except ValueError:  # such as an unfinished IPv6 address
        return False
    return same and _is_own(name, served_host)


def is_loopback(host: str) -> bool:
    """Whether it can be reached from this machine only."""
    address = _address(host)
    return host == "localhost" if address is None else address.is_loopback


def is_unspecified(host: str) -> bool:
    """Whether to listen there is to listen at every address of this machine."""
    address = _address(host)
    return address is not None and address.is_unspecified


def _is_own(name: str, served_host: str) -> bool:
    if is_loopback(name) or name == served_host.lower():
        return True
    named = name == socket.gethostname().lower() or _address(name) is not None
    return named and is_unspecified(served_host)


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None
