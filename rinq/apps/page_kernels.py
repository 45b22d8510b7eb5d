"""The kernels of the web page: each ends soon after its page."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import Any

from jupyter_core.utils import ensure_async
from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager
from tornado.ioloop import IOLoop
from tornado.web import HTTPError

KEEP_CLOSED = 15.0  # real seconds after which the kernel of a closed page is ended
KEEP_NEW = 30.0  # the same once a page was sent, which has to load before it connects
MOST_NEW = 5  # such kernels at a time
BUSY = f"Pages that still load, or were left while they did, fill the server: wait {KEEP_NEW:g} s."


class PageKernels(AsyncMappingKernelManager):
    """Ends the kernel of a page that was closed or never opened, which Voilà by itself keeps."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._starting = 0
        self._new: set[str] = set()
        self._ends: dict[str, object] = {}  # timers by kernel

    async def start_kernel(self, **options: Any) -> str:  # type: ignore[override]
        """Start the kernel of a page, in the task that sends the page.

        Raises:
            HTTPError: too many kernels wait for their pages.
        """
        self._new.intersection_update(self.list_kernel_ids())
        if self._starting + len(self._new) >= MOST_NEW:
            raise HTTPError(HTTPStatus.SERVICE_UNAVAILABLE, BUSY)
        self._starting += 1
        try:
            kernel = await super().start_kernel(**options)
        finally:
            self._starting -= 1
        self._new.add(kernel)
        sending = asyncio.current_task()
        if sending is not None:  # Voilà would wait for ever for a kernel that ends meanwhile
            sending.add_done_callback(lambda _: self._sent(kernel))
        return kernel

    def _sent(self, kernel_id: str) -> None:
        if kernel_id in self._new:
            self._end_in(KEEP_NEW, kernel_id)

    def notify_connect(self, kernel_id: str) -> None:
        super().notify_connect(kernel_id)
        self._new.discard(kernel_id)
        self._keep(kernel_id)

    def notify_disconnect(self, kernel_id: str) -> None:
        super().notify_disconnect(kernel_id)
        if kernel_id in self and not self.kernel_model(kernel_id)["connections"]:
            self._end_in(KEEP_CLOSED, kernel_id)

    def _end_in(self, seconds: float, kernel_id: str) -> None:
        self._keep(kernel_id)
        self._ends[kernel_id] = IOLoop.current().call_later(seconds, self._end, kernel_id)

    def _keep(self, kernel_id: str) -> None:
        if (timer := self._ends.pop(kernel_id, None)) is not None:
            IOLoop.current().remove_timeout(timer)

    async def _end(self, kernel_id: str) -> None:
        self._ends.pop(kernel_id, None)
        if kernel_id in self:
            await ensure_async(self.shutdown_kernel(kernel_id))
