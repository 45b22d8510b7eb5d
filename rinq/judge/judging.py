"""Judging a class: every property in real processes, several properties at a time."""

from __future__ import annotations

import shutil
import tempfile
import time
import uuid
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from rinq.errors import CannotJudge
from rinq.judge.judged_queue import find_target
from rinq.judge.pool import Pool
from rinq.judge.properties import PROPERTIES
from rinq.judge.trial import Property
from rinq.judge.verdict import Broken, NotAttempted, Outcome, PropertyVerdict, Report, Undecided
from rinq.judge.worker_process import kill_leftovers

AT_ONCE = 4  # properties tried at a time: most of their time they wait for a lease
MEMORY = Path("/dev/shm")  # noqa: S108 (power loss is not judged: nothing needs to reach a disk)
MEMORY_NEEDED = 200_000_000  # bytes that must be free there


def check(
    queue: type | str, *, only: str | Sequence[str] | None = None, quick: bool = False
) -> Report:
    """Judge a queue of your own, in processes that are halted and killed.

    Args:
        queue: the class, or its name as ``module:Class``; other processes import it, from
            the current directory or wherever this one would. What it must offer is described
            in ``rinq.judge.judged_queue``.
        only: the property to try, or several; all of them, if None (half a minute or so).
        quick: fewer trials.

    Returns:
        A report that iterates over its verdicts, has each by the name of its property, and
        prints them all.

    Raises:
        CannotJudge: it cannot be imported or is no queue; ``only`` is no property.

    Example:
        >>> import rinq
        >>> report = rinq.check("rinq.judge.gallery.reference:ReferenceQueue", only="fifo")
        >>> print(report)
        fifo  holds  First in, first out
        >>> report["fifo"].reason
        '8 jobs came out in the order in which they went in.'
    """
    target = find_target(queue)
    chosen = _select(only)
    token = uuid.uuid4().hex
    folder = Path(tempfile.mkdtemp(prefix="rinq-judge-", dir=_folder_in_memory()))
    pools = [Pool(target, folder / it.name, token) for it in chosen]
    try:
        with ThreadPoolExecutor(AT_ONCE) as threads:
            try:
                verdicts = tuple(threads.map(_judge, chosen, pools, [quick] * len(chosen)))
            except BaseException:  # interrupted, or it cannot be judged: wait for no other
                threads.shutdown(wait=False, cancel_futures=True)
                for pool in pools:
                    pool.close()
                raise
    finally:
        for pool in pools:
            pool.close()
        kill_leftovers(token)
        shutil.rmtree(folder, ignore_errors=True)
    return Report(target.name, verdicts)


def _judge(it: Property, pool: Pool, quick: bool) -> PropertyVerdict:
    began = time.monotonic()
    hint, found = "", None
    try:
        outcome, reason = Outcome.HOLDS, it.judge(pool, quick)
    except NotAttempted as why:
        outcome, reason = Outcome.NOT_ATTEMPTED, str(why)
    except Undecided as why:
        outcome, reason = Outcome.UNKNOWN, str(why)
    except Broken as why:
        outcome, found, hint = Outcome.BROKEN, why.counterexample, why.hint or it.hint
        reason = found.sentence
    pool.close()
    seconds = time.monotonic() - began
    return PropertyVerdict(it.name, it.title, outcome, reason, hint, found, pool.printed(), seconds)


def _select(only: str | Sequence[str] | None) -> list[Property]:
    names = [only] if isinstance(only, str) else only
    if not names:
        return list(PROPERTIES)
    known = {it.name: it for it in PROPERTIES}
    for name in names:
        if name not in known:
            raise CannotJudge(
                f"{name!r:.40} is no property", advice=f"Choose from {', '.join(known)}."
            )
    return [known[name] for name in names]


def _folder_in_memory() -> str | None:
    """Where databases need no disk; None (the usual place) where there is none with room."""
    if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > MEMORY_NEEDED:
        return str(MEMORY)
    return None
