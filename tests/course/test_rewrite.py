"""The cell magic that puts a method into a class in a file."""

import ast
import textwrap

import pytest
from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell

from rinq.course.rewrite import load_ipython_extension, rewrite

MODULE = '''"""A queue."""

import sqlite3
from dataclasses import dataclass


@dataclass
class Claim:
    id: int


class MyQueue:
    def claim(self):
        return 1

    def close(self):
        return 2
'''


def test_a_method_replaces_the_one_of_its_name():
    text = rewrite(MODULE, "def claim(self):\n    # why\n    return 3\n")
    assert text == MODULE.replace("return 1", "# why\n        return 3")


def test_an_indented_cell_will_do():
    cell = "def claim(self):\n    return 3\n"
    assert rewrite(MODULE, textwrap.indent(cell, "    ")) == rewrite(MODULE, cell)


def test_a_cell_of_comments_changes_nothing():
    assert rewrite(MODULE, "# Your turn.\n") == MODULE


def test_what_is_new_is_put_where_it_belongs():
    cell = "import time\n\nN = 5\n\ndef fail(self):\n    return N\n\nclass Other:\n    pass\n"
    text = rewrite(MODULE, cell)
    names = [getattr(node, "name", ast.unparse(node)) for node in ast.parse(text).body]
    assert names == [
        "'A queue.'",
        "import sqlite3",
        "from dataclasses import dataclass",
        "import time",
        "N = 5",
        "Claim",
        "Other",
        "MyQueue",
    ]
    rewritten = ast.parse(text).body[-1]
    assert isinstance(rewritten, ast.ClassDef)
    methods = [getattr(node, "name", None) for node in rewritten.body]
    assert methods == ["claim", "close", "fail"]


def test_doing_it_twice_is_doing_it_once():
    cell = "import time\n\nN = 5\n\n@dataclass\nclass Claim:\n    id: str\n\ndef fail(self): ...\n"
    once = rewrite(MODULE, cell)
    assert rewrite(once, cell) == once
    assert once.count("@dataclass") == 1


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run a ``%%rewrite`` cell on ``q.py`` in a shell."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)  # another one may be active; IPython warns
    (tmp_path / "q.py").write_text(MODULE)
    shell = InteractiveShell()
    load_ipython_extension(shell)
    yield lambda cell, file="q.py": shell.run_cell_magic("rewrite", file, cell)
    shell.history_manager.end_session()
    InteractiveShell.clear_instance()


def test_the_magic_says_what_it_rewrote(run, tmp_path, capsys):
    run("def claim(self):\n    return 3\n\ndef fail(self):\n    return 4\n")
    assert capsys.readouterr().out == "rewritten in q.py: claim, fail\n"
    assert "return 3" in (tmp_path / "q.py").read_text()


def test_the_magic_says_not_attempted_where_nothing_is_new(run, capsys):
    run("# Your turn.\ndef claim(self):\n    return 1\n")
    assert capsys.readouterr().out == "not attempted\n"


@pytest.mark.parametrize(
    ("cell", "file", "message"),
    [
        ("def claim(self:\n    return 3\n", "q.py", "Line 1 of the cell, 'def claim(self:'"),
        ("def claim(self): ...\n", "other.py", "There is no other.py: run the cell"),
        ("def claim(self): ...\n", "x" * 5000, "x*...x* cannot be read: File name too long"),
        ("def claim(self): ...\n", "/dev/zero", "/dev/zero cannot be read: it is no regular file"),
        ("def claim(self): ...\n", ".", r"\. cannot be read: it is no regular file"),
    ],
)
def test_a_mistake_is_reported_in_one_line(run, tmp_path, cell, file, message):
    with pytest.raises(UsageError, match="^" + message.replace("(", r"\(")):
        run(cell, file)
    assert (tmp_path / "q.py").read_text() == MODULE


def test_a_file_without_a_class_is_refused(run, tmp_path):
    (tmp_path / "q.py").write_text("x = 1\n")
    with pytest.raises(UsageError, match=r"q\.py: it has no class"):
        run("def claim(self): ...\n")
