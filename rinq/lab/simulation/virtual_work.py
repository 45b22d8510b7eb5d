"""The running of a handler in virtual time: at once, and without calling it."""

from __future__ import annotations

from collections.abc import Callable

from rinq.errors import HandlerFailed
from rinq.faults import Fault
from rinq.roles.work import Task, Work


class VirtualWork(Work):
    """Handlers take no time of their own, ``work_time`` does; the result copies the content."""

    def start(self, content: bytes, fault: Fault | None, wake: Callable[[], None]) -> Task:  # noqa: ARG002 (done at once)
        return VirtualTask(content, fault)

    def close(self) -> None:
        pass


class VirtualTask(Task):
    def __init__(self, content: bytes, fault: Fault | None) -> None:
        self._content, self._fault = content, fault

    def done(self) -> bool:
        return self._fault is not Fault.HANG

    def result(self) -> bytes:
        if self._fault is Fault.ERROR:
            raise HandlerFailed("injected error")
        return self._content

    def cancel(self) -> None:
        pass
