"""How long the kernels of the web page live, and how many may wait for their pages."""

from __future__ import annotations

import asyncio
import re

import pytest
from http_requests import UPGRADE, ask, body
from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager
from room_by_press import until
from servers import kernels
from tornado.web import HTTPError

from rinq.apps import page_kernels
from rinq.apps.page_kernels import MOST_NEW, PageKernels


def test_the_kernel_of_a_page_that_was_never_opened_ends_soon(serve_page, eventually):
    server, address = serve_page(KEEP_NEW=0, KEEP_CLOSED=3600)
    body(address)
    eventually(lambda: not kernels(server))


def test_the_kernel_of_a_page_that_was_closed_at_once_ends_as_that_of_any_closed_page(
    serve_page, eventually
):
    server, address = serve_page(KEEP_CLOSED=0)
    kernel = re.search(r'"kernelId": "([^"]+)"', body(address))[1]
    assert kernels(server)
    assert ask(address.replace("/?", f"/api/kernels/{kernel}/channels?"), **UPGRADE) == 101
    eventually(lambda: not kernels(server))


def test_a_page_too_many_is_told_so_and_gets_no_kernel(serve_page):
    server, address = serve_page(MOST_NEW=0)
    assert ask(address) == 503
    assert body(address).strip() == page_kernels.BUSY
    assert not kernels(server)


def test_a_page_that_is_open_keeps_its_kernel_and_too_many_new_ones_are_refused(monkeypatch):
    monkeypatch.setattr(page_kernels, "KEEP_NEW", 0.02)
    started, ended = asyncio.Event(), []

    async def start_kernel(self, *, kernel_id):
        await started.wait()
        self._kernels[kernel_id] = None
        self._kernel_connections[kernel_id] = 0
        return kernel_id

    async def shutdown_kernel(self, kernel_id):
        ended.append(kernel_id)
        del self._kernels[kernel_id]

    monkeypatch.setattr(AsyncMappingKernelManager, "start_kernel", start_kernel)
    monkeypatch.setattr(AsyncMappingKernelManager, "shutdown_kernel", shutdown_kernel)

    async def scenario():
        manager = PageKernels()

        def start(name):
            return asyncio.create_task(manager.start_kernel(kernel_id=name))

        first = [start(str(n)) for n in range(MOST_NEW)]
        with pytest.raises(HTTPError, match="503"):  # also while they are starting
            await start("one too many")
        started.set()
        await asyncio.gather(*first)
        with pytest.raises(HTTPError, match="503"):
            await start("one too many")
        manager.notify_connect("0")
        await start("the next")
        await until(lambda: len(ended) == MOST_NEW)
        assert sorted(ended) == [*map(str, range(1, MOST_NEW)), "the next"]
        assert manager.list_kernel_ids() == ["0"]
        await start("again")

    asyncio.run(scenario())
