"""The exercises: the solutions that notebooks fold away, and what odd answers are told."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import nbformat
import pytest

import rinq
from rinq.course.rewrite import rewrite
from rinq.judge import new_queue

FOLDER = Path(__file__).parents[1] / "notebooks"
BEGIN = "%%writefile my_queue.py\n"
EDIT = "%%rewrite my_queue.py\n"
SOLUTION = re.compile(r"<summary>A solution</summary>.*?```python\n(.*?)```", re.DOTALL)
CHECK = re.compile(r"repaired\((.*)\)")


def read_cells(name):
    return nbformat.read(FOLDER / name, as_version=4).cells


def read_steps():
    """The text to begin with; and of each step what it checks, and its solution."""
    text, steps, names = "", [], []
    for cell in read_cells("07_build_your_own_queue.ipynb"):
        if cell.source.startswith(BEGIN):
            text = cell.source.removeprefix(BEGIN) + "\n"
        elif check := CHECK.fullmatch(cell.source):
            names = list(ast.literal_eval(f"[{check[1]}]"))
        elif solution := SOLUTION.search(cell.source):
            steps.append((names, solution[1]))
        elif cell.source.startswith(EDIT) and not steps:
            assert rewrite(text, cell.source.removeprefix(EDIT)) == text  # the first, untouched
    return text, steps


def test_it_begins_with_the_queue_of_new_queue(tmp_path):
    new_queue(tmp_path / "my_queue.py")
    assert read_steps()[0] == (tmp_path / "my_queue.py").read_text("utf-8")


@pytest.fixture
def judge(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)

    def judge(text, names=None):
        (tmp_path / "solved_queue.py").write_text(text, "utf-8")
        report = rinq.check("solved_queue:MyQueue", only=names, quick=True)
        return {it.property: it.outcome for it in report}

    return judge


def test_each_solution_repairs_its_step(judge):
    text, steps = read_steps()
    assert len(steps) == 5
    for names, solution in steps:
        assert "holds" not in judge(text, names[:1]).values()
        text = rewrite(text, solution)
        if names != steps[-1][0]:
            assert set(judge(text, names).values()) == {"holds"}
    whole = judge(text)
    assert whole.pop("power-loss") == "not attempted"
    assert set(whole.values()) == {"holds"}


def test_the_exercise_on_claiming_once_has_a_solution(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    cells = read_cells("03_claiming_once.ipynb")
    for cell in cells:
        if cell.source.startswith("%%writefile"):
            name, _, text = cell.source.removeprefix("%%writefile ").partition("\n")
            (tmp_path / name).write_text(text, "utf-8")
    untouched = rinq.check("mine:Mine", only="one-claim")["one-claim"]
    assert untouched.outcome == "not attempted"

    [solution] = [found[1] for cell in cells if (found := SOLUTION.search(cell.source))]
    mine = (tmp_path / "mine.py").read_text("utf-8")
    (tmp_path / "mine.py").write_text(rewrite(mine, solution), "utf-8")
    assert rinq.check("mine:Mine", only="one-claim")["one-claim"].outcome == "holds"


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (None, "not attempted"),
        *((odd, "not yet: a whole number from 2 to 100") for odd in (0, 1, -3, 7.5, 101, "seven")),
        (6, "not yet: with 6 a job waits 1.62 s"),
        (8, "not yet: enough, but so are 7"),
        (7, "passed"),
    ],
)
def test_any_answer_about_consumers_is_told_one_sentence(answer, told, capsys):
    [exercise] = [
        cell.source
        for cell in read_cells("06_how_many_consumers.ipynb")
        if cell.source.startswith("answer = None")
    ]
    exec(exercise.replace("answer = None", f"answer = {answer!r}", 1), {"rinq": rinq})
    printed = capsys.readouterr().out
    assert printed.startswith(told)
    assert printed.count("\n") == 1
