"""How pytest-xdist runs the tests: how many workers, in which order, and what they report.

Tests of one file stay on one worker (``--dist loadfile``), so that each notebook keeps its kernel
and each file its shared set-up. ``-n 0`` runs all in one process.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

LONGEST_FIRST = (
    "tests/browser/test_web_page.py",
    "tests/lab/faults/test_runner.py",
    "tests/browser/test_jupyterlab.py",
    "notebooks/06_how_many_consumers.ipynb",
    "notebooks/04_crash_lease_fence.ipynb",
    "notebooks/02_roles_retries_failures.ipynb",
    "tests/fleet/test_fleet.py",
    "notebooks/07_build_your_own_queue.ipynb",
    "tests/fleet/test_failpoints.py",
    "tests/judge/test_judging.py",
    "tests/judge/test_bad_input.py",
    "tests/fleet/test_ownership.py",
    "tests/test_cli.py",
)
"""Files that take over 20 s; started last, one of them would keep all others waiting."""


def pytest_xdist_auto_num_workers(config):
    """One process for a single file, which would not be divided; else three workers for two cores.

    Tests that wait leave time to others. More workers save none and make what waits late: on two
    cores 3 take 4:25, 4 take 4:22, and 5 or 6 take 5:20.
    """
    if len(config.args) == 1 and Path(config.args[0].partition("::")[0]).is_file():
        return 0
    return (os.cpu_count() or 1) * 3 // 2


def pytest_collection_modifyitems(config, items):
    if hasattr(config, "workerinput"):  # a worker of xdist; in one process the order is free
        rank = {name: n for n, name in enumerate(LONGEST_FIRST)}
        items.sort(key=lambda item: rank.get(item.nodeid.partition("::")[0], len(rank)))


@pytest.hookimpl(wrapper=True)
def pytest_report_to_serializable():
    """Lone surrogates (a file name that is no text, in a captured log) cannot be sent as UTF-8."""
    return _printable((yield))


def _printable(value):
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode("utf-8")
    if isinstance(value, dict):
        return {_printable(key): _printable(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(map(_printable, value))
    return value
