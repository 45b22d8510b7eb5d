"""Whatever a learner's file does, the answer is clear, comes in time, and nothing is left."""

from __future__ import annotations

import os
import py_compile
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import psutil
import pytest
from rewritten import CLAIM, OPEN, SOURCE, SUBMIT, begun, changed

from rinq.errors import CannotJudge
from rinq.judge import Outcome, check, judging, worker_process

QUICK = ("fifo", "one-claim")
BARE = SOURCE.replace("from __future__ import annotations\n", "")


@pytest.fixture(autouse=True)
def folder(monkeypatch, tmp_path_factory):
    """The judge's files lie here, and are gone after each test."""
    place = tmp_path_factory.mktemp("judge")
    monkeypatch.setattr(judging, "MEMORY", Path("/nowhere"))
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    yield place
    assert list(place.iterdir()) == []


@pytest.fixture
def short_limit(monkeypatch):
    monkeypatch.setattr(worker_process, "CALL_LIMIT", 2.0)


def refusal(target):
    with pytest.raises(CannotJudge) as caught:
        check(target, only=QUICK)
    return str(caught.value)


def judge_one(target, name="fifo"):
    return check(target, only=name)[name]


@pytest.mark.parametrize(
    ("source", "part"),
    [
        (SOURCE.replace("class ReferenceQueue:", "class ReferenceQueue"), "SyntaxError"),
        (SOURCE.replace("class ReferenceQueue:", "class Another:"), "no class ReferenceQueue"),
        ("ReferenceQueue = 5", "ReferenceQueue is not a class"),
        ("x = {}['a']\n" + BARE, "raises KeyError: 'a' at my_queue.py:1 (x = {}['a'])"),
        ("import nothere\n" + BARE, "No module named 'nothere' at my_queue.py:1 (import nothere)"),
        ("import os\nos._exit(1)", "importing my_queue ends its process"),
        ("raise SystemExit('bye')", "SystemExit: bye at my_queue.py:1"),
        (SOURCE.replace("def claim(", "def take("), "no method claim"),
    ],
)
def test_a_file_that_holds_no_queue_is_refused_with_its_line(write, source, part):
    assert part in refusal(write(source))


def test_an_import_that_hangs_is_refused_with_its_line(write, short_limit):
    assert "hangs at my_queue.py:1 (while True: pass)" in refusal(write("while True: pass"))


@pytest.mark.parametrize(
    ("target", "part"),
    [
        ("nothere:Queue", "there is no module nothere in"),
        ("nothere", "Name it as module:Class"),
        ("my_queue.py:ReferenceQueue", "Name it as my_queue:ReferenceQueue"),
        ("queue:Queue", "Give your file another name"),
        ("my-queue:Queue", "cannot be the name of a module"),
        (5, "5 is no class"),
    ],
)
def test_a_name_that_means_no_class_is_refused_with_what_to_do(write, target, part):
    assert part in refusal(target)


def test_a_class_that_only_the_notebook_knows_is_refused_with_the_advice_to_write_a_file():
    in_cell = type("InCell", (), {"__module__": "__main__"})
    assert "%%writefile my_queue.py" in refusal(in_cell)

    class InFunction:
        pass

    assert "InFunction is defined in a function" in refusal(InFunction)


def test_a_property_that_is_none_is_refused_with_their_names(write):
    with pytest.raises(CannotJudge, match="Choose from fifo, restart"):
        check(write(SOURCE), only="fif")


@pytest.mark.parametrize(
    ("source", "part"),
    [
        (begun(OPEN, "raise ValueError('no')"), "A's open raises ValueError: no at my_queue.py:34"),
        (changed(("(self, path: str)", "(self)")), "at my_queue.py:33 (def __init__(self)"),
        (begun(SUBMIT, "raise KeyError('x')"), "A's submit of job-cherry raises KeyError: 'x'"),
        (begun(SUBMIT, "input('?')"), "raises EOFError"),
        (begun(CLAIM, "import os; os._exit(1)"), "A's claim ends its own process"),
        (begun(CLAIM, "raise SystemExit"), "A's claim raises SystemExit at my_queue.py:42"),
        (changed(("return Claim(*rows[0])", "return rows[0]")), "which has no name"),
        (changed(("connect(path,", "connect('mine.db',")), "(attempt 1): no such job is here."),
        (changed(("connect(path,", "connect('/no/where',")), "unable to open database file"),
    ],
)
def test_a_queue_that_fails_is_broken_with_the_line_of_its_code(write, source, part):
    verdict = judge_one(write(source))
    assert verdict.outcome is Outcome.BROKEN
    assert part in verdict.reason
    assert "notebook" not in verdict.hint


@pytest.mark.parametrize(
    "source",
    [
        changed(("CREATE TABLE IF NOT EXISTS", "CREATE TABLE")),
        changed(("connect(path,", "connect(':memory:',")),
    ],
)
def test_a_database_that_one_process_alone_can_use_is_found(write, source):
    report = check(write(source), only=QUICK)
    assert report.broken == ("one-claim",)


def test_a_transaction_that_is_left_open_is_found_by_the_next_process(write):
    source = changed(("isolation_level=None", "timeout=1"), ("timeout=10, ", ""))
    verdict = judge_one(write(source), "one-claim")
    assert "A's claim raises OperationalError: database is locked" in verdict.reason
    assert verdict.hint == "Which transaction is still open when the call before it returns?"


def test_what_broken_code_printed_is_shown(write):
    verdict = judge_one(write(begun(CLAIM, "print('here', process)", "raise KeyError")))
    assert str(verdict).endswith("It printed: here A")


@pytest.mark.parametrize("wait", ["while True: pass", "time.sleep(1000)"])
def test_a_call_that_hangs_is_broken_with_its_line_within_a_bounded_time(write, short_limit, wait):
    reason = judge_one(write(begun(SUBMIT, wait))).reason
    assert f"A's submit of job-cherry does not return in 2 s at my_queue.py:39 ({wait})" in reason


def test_what_the_code_prints_disturbs_nothing_and_is_kept(write, capfd):
    noisy = begun(SUBMIT, "import os; print('hello'); os.system('echo there'); os.write(1, b'{}')")
    verdict = judge_one(write(noisy))
    assert verdict.outcome is Outcome.HOLDS
    assert "hello\nthere\n{}" in verdict.printed
    assert capfd.readouterr() == ("", "")


def test_output_without_end_is_stopped_at_its_line(write):
    verdict = judge_one(write(begun(SUBMIT, "while True: print('x' * 9999)")))
    assert "raises OSError: [Errno 27] File too large at my_queue.py:39" in verdict.reason
    assert len(verdict.printed) < 100_000


def test_files_that_are_left_behind_are_removed(write, tmp_path):
    verdict = judge_one(write(begun(SUBMIT, "open('junk', 'w').write('x')")))
    assert verdict.outcome is Outcome.HOLDS
    assert {path.name for path in tmp_path.iterdir()} - {"__pycache__"} == {"my_queue.py"}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.parametrize(
    "lines",
    [
        ("import os", "child = os.fork()", "if child == 0: return", "os.waitpid(child, 0)"),
        ("import os", "if os.fork() == 0: os.setsid(); time.sleep(1000)"),
        ("import os", "if os.fork() == 0: raise SystemExit"),
    ],
)
def test_a_fork_is_no_second_worker_and_does_not_outlive_the_check(write, lines):
    assert check(write(begun(SUBMIT, *lines)), only=QUICK).broken == ()


def test_a_process_that_is_left_behind_is_ended_also_without_its_parent(write):
    sleep = (
        "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(1000)'],"
        " start_new_session=True)"
    )
    orphan = f"subprocess.run([sys.executable, '-c', {('import subprocess, sys; ' + sleep)!r}])"
    lines = ("import subprocess, sys", orphan)
    assert judge_one(write(begun(SUBMIT, *lines)), "restart").outcome is Outcome.HOLDS


def test_a_file_that_was_rewritten_within_the_second_is_judged_as_it_is_now(write, tmp_path):
    file = tmp_path / "my_queue.py"
    for order in ("DESC", " ASC"):
        target = write(changed(("ORDER BY id LIMIT", f"ORDER BY id {order} LIMIT")))
        os.utime(file, (1_000_000, 1_000_000))
        if order == "DESC":
            py_compile.compile(str(file))
    assert judge_one(target).outcome is Outcome.HOLDS


def test_a_module_beside_the_queue_is_found_but_replaces_none_of_pythons_own(write, tmp_path):
    (tmp_path / "random.py").write_text("raise ValueError('not me')", "utf-8")
    (tmp_path / "beside.py").write_text("HERE = 1", "utf-8")
    assert judge_one(write("import random, beside\n" + BARE)).outcome is Outcome.HOLDS


def test_a_file_here_comes_before_an_installed_package_of_its_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pebble.py").write_text(SOURCE, "utf-8")
    assert judge_one("pebble:ReferenceQueue").outcome is Outcome.HOLDS


@pytest.fixture
def start_judge(write, tmp_path, eventually):
    """Start a judge in a process of its own; one of its two workers hangs, one has no work."""
    write(begun(SUBMIT, "open('hangs', 'w').close(); time.sleep(1000)"))
    (tmp_path / "temporary").mkdir()
    environment = os.environ | {"TMPDIR": str(tmp_path / "temporary")}
    judges = []

    def _start_judge(limit):
        code = (
            "from pathlib import Path; from rinq.judge import judging, worker_process\n"
            f"judging.MEMORY, worker_process.CALL_LIMIT = Path('/nowhere'), {limit}\n"
            "judging.check('my_queue:ReferenceQueue', only='one-claim')"
        )
        command = [sys.executable, "-c", code]
        judge = subprocess.Popen(command, cwd=tmp_path, env=environment, stderr=subprocess.DEVNULL)
        judges.append(judge)
        eventually(lambda: [*tmp_path.rglob("hangs")])
        return judge, psutil.Process(judge.pid).children()

    yield _start_judge
    for judge in judges:
        judge.kill()
        judge.wait()


def test_when_the_judge_is_interrupted_its_workers_end(start_judge, tmp_path):
    judge, workers = start_judge(limit=1000)
    judge.send_signal(signal.SIGINT)
    assert judge.wait(30) != 0
    assert len(workers) == 2
    assert not any(worker.is_running() for worker in workers)
    assert list((tmp_path / "temporary").iterdir()) == []


def test_when_the_judge_is_killed_its_workers_end_by_themselves(start_judge, eventually):
    judge, workers = start_judge(limit=3)
    judge.kill()
    judge.wait()
    eventually(lambda: not any(worker.is_running() for worker in workers))
