"""The handler in its worker process: whatever it does, its consumer goes on."""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import subprocess
import sys
import threading

import psutil
import pytest
from pebble.common import CONSTS
from processes import lives

from rinq.errors import HandlerFailed, HandlerNotFound, WorkerUnavailable
from rinq.faults import Fault
from rinq.roles import work as module
from rinq.roles.handlers import alternate_case
from rinq.roles.process_tree import WorkerContext
from rinq.roles.work import ProcessWork

HANDLERS = '''
import collections, ctypes, itertools, os, re, resource, signal, subprocess, sys, threading, time
from pathlib import Path


class Stubborn(Exception):
    """Cannot be sent to another process, nor put in words."""

    def __init__(self):
        self.lock = threading.Lock()

    def __str__(self):
        raise RuntimeError("no words")


def fail(error):
    raise error


def forever():
    while True:
        pass


def interrupt():
    os.kill(os.getpid(), signal.SIGINT)
    return "still here"


def deaf():
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    forever()


def die_later():
    """Returns, and dies while nothing is to be done."""
    threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGKILL)).start()
    return str(os.getpid())


def open_files():
    import psutil

    return "\\n".join(file.path for file in psutil.Process().open_files())


def leak(folder):
    """Changes everything that belongs to the whole process."""
    os.chdir(folder)
    os.umask(0)
    os.environ["LEAKED"] = "yes"
    os.environ.pop("HOME", None)
    return "leaked"


def surroundings():
    os.umask(mask := os.umask(0))
    return f"{os.getcwd()} {mask} {os.environ.get('LEAKED')} {'HOME' in os.environ}"


def start_program():
    """Waits for a program that it has started, as a handler that calls a converter does."""
    subprocess.run(["sleep", "1000"])


def hoard(megabytes=2000):
    limit = 800 * 2**20
    resource.setrlimit(resource.RLIMIT_AS, (limit, resource.RLIM_INFINITY))
    try:
        return str(len(bytearray(megabytes * 2**20)))
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


ACTS = {
    "leak": lambda: leak("/"),
    "surroundings": surroundings,
    "start a program": start_program,
    "hoard": hoard,
    "well": lambda: "done",
    "pid": lambda: str(os.getpid()),
    "raise": lambda: fail(ValueError("no")),
    "raise nothing": lambda: fail(ValueError),
    "stubborn": lambda: fail(Stubborn()),
    "surrogate error": lambda: fail(ValueError("half a character: \\udc80")),
    "recurse": lambda: ACTS["recurse"](),
    "sys.exit": lambda: sys.exit(3),
    "interrupt": interrupt,
    "keyboard": lambda: fail(KeyboardInterrupt()),
    "number": lambda: 42,
    "nothing": lambda: None,
    "bytes": lambda: b"bytes",
    "surrogates": lambda: "\\ud800",
    "print": lambda: print("from the handler") or "printed",
    "large": lambda: "x" * 10**6,
    "exit 3": lambda: os._exit(3),
    "exit 0": lambda: os._exit(0),
    "killed": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "segfault": lambda: ctypes.string_at(0),
    "busy": forever,
    "regex": lambda: re.match(r"(a+)+$", "a" * 60 + "b"),
    "busy in C": lambda: collections.deque(itertools.repeat(0), maxlen=0),
    "sleep": lambda: time.sleep(1000),
    "deaf": deaf,
    "die later": die_later,
    "open files": open_files,
}


def act(text):
    name, _, begun = text.partition("|")
    if begun:
        Path(begun).write_text(str(os.getpid()))
    return ACTS[name]()


def measure(raw: bytes):
    return f"{len(raw)} bytes"


def no_parameter():
    return ""


number = 42
'''


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("handlers")
    (folder / "handlers_of_a_test.py").write_text(HANDLERS)
    return folder


@pytest.fixture(scope="module")
def shared(folder):
    """For handlers that leave their worker alive."""
    with contextlib.closing(ProcessWork("handlers_of_a_test:act", (folder,))) as work:
        yield work


@pytest.fixture
def work(folder):
    with contextlib.closing(ProcessWork("handlers_of_a_test:act", (folder,))) as work:
        yield work


def run(work, text, fault=None):
    """One execution, to its end."""
    ended = threading.Event()
    content = text if isinstance(text, bytes) else text.encode()
    task = work.start(content, fault, ended.set)
    assert ended.wait(60)
    assert task.done()
    return task.result()


# What it returns


def test_the_default_handler_alternates_case_and_stamps_the_date():
    lines = alternate_case("  Hello \n\n wonderful\tWorld ").splitlines()
    assert lines[0] == "hElLo wOnDeRfUl wOrLd"
    assert len(lines) == 2


def test_text_in_text_out(shared):
    assert run(shared, "well") == b"done"
    assert run(shared, "large") == b"x" * 10**6


def test_a_handler_of_bytes_is_given_bytes(folder):
    with contextlib.closing(ProcessWork("handlers_of_a_test:measure", (folder,))) as work:
        assert run(work, b"\xff\xfe\x00") == b"3 bytes"


def test_what_it_prints_is_no_result(shared):
    assert run(shared, "print") == b"printed"


def test_one_worker_does_many_jobs(shared):
    assert run(shared, "pid") == run(shared, "pid")


# What goes wrong inside


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("raise", "^ValueError: no$"),
        ("raise nothing", "^ValueError$"),
        ("stubborn", "^Stubborn$"),
        ("surrogate error", "^ValueError: half a character"),
        ("recurse", "^RecursionError"),
        ("sys.exit", "^SystemExit: 3$"),
        ("keyboard", "^KeyboardInterrupt$"),
        ("number", "returned int, expected text"),
        ("nothing", "returned NoneType, expected text"),
        ("bytes", "returned bytes, expected text"),
        ("surrogates", "^UnicodeEncodeError"),
        (b"\xff\xfe not UTF-8", "^UnicodeDecodeError"),
        ("no such act", "^KeyError"),
        ("hoard", "^MemoryError"),
    ],
)
def test_a_handler_that_goes_wrong_is_a_failed_try_and_no_more(shared, text, words):
    worker = run(shared, "pid")
    with pytest.raises(HandlerFailed, match=words):
        run(shared, text)
    assert run(shared, "pid") == worker


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("exit 3", "exit code 3"),
        ("exit 0", "ended"),
        ("killed", "signal 9"),
        ("segfault", "signal 11"),
    ],
)
def test_a_handler_that_ends_its_process_is_a_failed_try_and_no_more(work, text, words):
    with pytest.raises(HandlerFailed, match=words):
        run(work, text)
    assert run(work, "well") == b"done"


def test_a_worker_that_dies_while_idle_is_replaced(work, eventually):
    pid = int(run(work, "die later"))
    eventually(lambda: not lives(pid))
    eventually(lambda: _succeeds(work))
    assert run(work, "well") == b"done"


def _succeeds(work):
    try:
        return run(work, "well") == b"done"
    except (HandlerFailed, WorkerUnavailable):
        return False


def test_a_job_finds_the_process_as_the_first_one_did(work):
    first = run(work, "surroundings")
    assert run(work, "leak") == b"leaked"
    assert run(work, "surroundings") == first
    assert b"None True" in first


def test_an_interrupt_from_the_keyboard_does_not_reach_it(shared):
    assert run(shared, "interrupt") == b"still here"


def test_injected_faults(work):
    with pytest.raises(HandlerFailed, match="injected error"):
        run(work, "well", Fault.ERROR)
    assert run(work, "well", Fault.CRASH) == b"done"  # the consumer's own business
    task = work.start(b"well", Fault.HANG, lambda: None)
    assert run_after_cancel(work, task) == b"done"


def run_after_cancel(work, task):
    task.cancel()
    with pytest.raises(HandlerFailed):
        task.result()
    return run(work, "well")


# What never returns


@pytest.fixture
def begin(tmp_path, eventually):
    """Starts an execution and waits until it is in the middle. Returns the task and the pid."""

    def begin_one(work, text):
        begun = tmp_path / "begun"
        task = work.start(f"{text}|{begun}".encode(), None, lambda: None)
        return task, int(eventually(lambda: begun.exists() and begun.read_text()))

    return begin_one


@pytest.mark.parametrize("text", ["busy", "busy in C", "regex", "sleep", "deaf"])
def test_a_handler_that_never_returns_can_be_ended(work, begin, eventually, monkeypatch, text):
    patience = 0.5 if text == "deaf" else 40  # then it is forced, which only that one needs
    monkeypatch.setattr(CONSTS, "term_timeout", patience)
    task, pid = begin(work, text)
    assert not task.done()
    task.cancel()
    assert task.done()
    eventually(lambda: not lives(pid))
    assert run(work, "well") == b"done"


def test_a_program_that_a_handler_started_ends_with_it(work, begin, eventually):
    task, pid = begin(work, "start a program")
    (program,) = eventually(psutil.Process(pid).children)
    task.cancel()
    eventually(lambda: not lives(program.pid))


def test_a_cancelled_execution_calls_its_consumer(work):
    called = threading.Event()
    work.start(b"sleep", None, called.set).cancel()
    assert called.wait(30)


def test_cancelling_what_is_done_changes_nothing(shared):
    task = shared.start(b"well", None, lambda: None)
    assert task.result() == b"done"
    task.cancel()
    assert task.result() == b"done"


@pytest.mark.parametrize("text", ["busy", "busy in C"])
def test_closing_ends_a_busy_worker(work, begin, text):
    _, pid = begin(work, text)
    work.close()
    assert not lives(pid)
    work.close()


# The handler's module


@pytest.mark.parametrize(
    ("handler", "words"),
    [
        ("no_such_module:act", "No module named 'no_such_module'"),
        ("handlers_of_a_test:no_such", "no_such"),
        ("handlers_of_a_test:number", "number is no function"),
        ("handlers_of_a_test:no_parameter", "no_parameter takes no text"),
        ("raises_at_import:act", "ZeroDivisionError"),
        ("exits_at_import:act", "SystemExit"),
        ("dies_at_import:act", "ended or held up"),
        ("does_not_compile:act", "SyntaxError"),
    ],
)
def test_a_handler_that_cannot_be_used_is_refused(folder, handler, words):
    (folder / "raises_at_import.py").write_text("1 / 0")
    (folder / "exits_at_import.py").write_text("raise SystemExit(0)")
    (folder / "dies_at_import.py").write_text("import os; os._exit(0)")
    (folder / "does_not_compile.py").write_text("def act(text: return")
    with pytest.raises(HandlerNotFound, match=words):
        ProcessWork(handler, (folder,))


@pytest.mark.parametrize("body", ["while True: pass", "import time; time.sleep(1000)"])
def test_a_module_that_hangs_at_import_is_refused(folder, monkeypatch, body):
    monkeypatch.setattr(module, "IMPORT_TIME", 0.7)
    (folder / "hangs_at_import.py").write_text(body)
    with pytest.raises(HandlerNotFound, match="held up the import"):
        ProcessWork("hangs_at_import:act", (folder,))


ENOUGH = 40  # descriptors


@pytest.mark.parametrize("spare", [0, 2, 4, 6, 8, ENOUGH])
def test_where_descriptors_have_run_out_the_handler_is_not_blamed(folder, spare):
    """Whatever it is that cannot be opened any more."""
    command = [sys.executable, "-c", FEW_DESCRIPTORS, str(folder), str(spare)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    refused = done.stdout.startswith("WorkerUnavailable") and "Too many open" in done.stdout
    assert refused or (spare == ENOUGH and done.stdout == "up\n"), done


FEW_DESCRIPTORS = """
import os, resource, sys
from pathlib import Path
from rinq.errors import RinqError
from rinq.roles.work import ProcessWork

most = len(os.listdir("/proc/self/fd")) - 1 + int(sys.argv[2])
resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
try:
    ProcessWork("handlers_of_a_test:act", (Path(sys.argv[1]),)).close()
    print("up", flush=True)
except RinqError as error:
    print(type(error).__name__, error, flush=True)
"""


def test_descriptors_that_ran_out_later_spend_no_try(folder, monkeypatch, eventually):
    with contextlib.closing(ProcessWork("handlers_of_a_test:act", (folder,))) as work:
        pid = int(run(work, "pid"))
        with monkeypatch.context() as patched:
            patched.setattr(WorkerContext.Process, "start", _no_descriptors)
            os.kill(pid, signal.SIGKILL)
            eventually(lambda: not lives(pid))
            for _ in range(3):
                with pytest.raises(WorkerUnavailable):
                    run(work, "well")
        assert run(work, "well") == b"done"


def _no_descriptors(_):
    raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))


def test_a_worker_that_does_not_come_up_is_not_blamed_on_the_handler(folder, monkeypatch):
    monkeypatch.setattr(module, "START_TIME", 0.01)
    with pytest.raises(WorkerUnavailable, match="none was up"):
        ProcessWork("handlers_of_a_test:act", (folder,))


# The worker and its parent


def test_the_worker_inherits_nothing_of_the_queue(queue, work):
    held = run(work, "open files").decode()
    assert "rinq.db" not in held


PARENT = """
import sys, time
from pathlib import Path
from rinq.roles.work import ProcessWork

work = ProcessWork("handlers_of_a_test:act", (Path(sys.argv[1]),))
work.start(sys.argv[2].encode(), None, lambda: None)
time.sleep(1000)
"""


@pytest.mark.parametrize("text", ["busy", "busy in C", "sleep", "deaf"])
def test_the_worker_ends_when_its_parent_is_killed(folder, tmp_path, eventually, text):
    begun = tmp_path / "begun"
    command = [sys.executable, "-c", PARENT, str(folder), f"{text}|{begun}"]
    parent = subprocess.Popen(command)
    try:
        pid = int(eventually(lambda: begun.exists() and begun.read_text()))
        assert lives(pid)
    finally:
        os.kill(parent.pid, signal.SIGKILL)
        parent.wait()
    eventually(lambda: not lives(pid))
