"""The judge: tries a class against the properties, in real processes."""

from __future__ import annotations

import shutil
import tempfile
import time
import uuid
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from rinq.errors import CannotJudge
from rinq.judge.client import sweep
from rinq.judge.pool import Pool
from rinq.judge.properties import PROPERTIES
from rinq.judge.property import Property
from rinq.judge.target import find
from rinq.judge.verdict import Broken, NotAttempted, Outcome, PropertyVerdict, Report, Undecided

AT_ONCE = 4  # properties tried at a time: most of their time they wait for a lease
MEMORY = Path("/dev/shm")  # noqa: S108 (power loss is not judged: nothing needs to reach a disk)
ROOM = 200_000_000  # bytes that must be free there


def check(
    queue: type | str, *, only: str | Sequence[str] | None = None, quick: bool = False
) -> Report:
    """Judge a queue of your own.

    Args:
        queue: the class, or its name as ``module:Class``; other processes import it, from
            the current directory or wherever this one would.
        only: the property to try, or several; all of them, if None.
        quick: fewer trials.

    Raises:
        CannotJudge: it cannot be imported or is no queue; ``only`` is no property.
    """
    target = find(queue)
    chosen = _chosen(only)
    token = uuid.uuid4().hex
    folder = Path(tempfile.mkdtemp(prefix="rinq-judge-", dir=_fast()))
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
        sweep(token)
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


def _chosen(only: str | Sequence[str] | None) -> list[Property]:
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


def _fast() -> str | None:
    """A folder in memory, where there is one with room; else the usual place."""
    if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM:
        return str(MEMORY)
    return None
