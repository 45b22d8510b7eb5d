"""rinq new-queue and rinq check."""

from __future__ import annotations

import json

import pytest

from rinq.cli import main


@pytest.fixture
def rinq(tmp_path, monkeypatch, capsys):
    """Run a command in a folder of its own: exit code, output, errors."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        monkeypatch.setattr("sys.argv", ["rinq", *arguments])
        try:
            main()
            code: object = 0
        except SystemExit as end:
            code = end.code
        return code, *capsys.readouterr()

    return run


def test_the_queue_to_begin_with_is_written_and_judged(rinq, tmp_path):
    assert rinq("new-queue", "my_queue.py")[:2] == (
        0,
        "my_queue.py written. In its folder: rinq check my_queue:MyQueue\n",
    )
    assert rinq("check", "my_queue:MyQueue", "--only", "fifo")[:2] == (
        0,
        "fifo  holds  First in, first out\n",
    )
    code, output, _ = rinq("check", "my_queue:MyQueue", "--only", "retries-end", "--only", "fifo")
    assert code == 1
    assert "retries-end  broken" in output
    code, output, _ = rinq("check", "my_queue:MyQueue", "--only", "fifo", "--json")
    assert (code, json.loads(output)[0]["outcome"]) == (0, "holds")


def test_a_file_that_is_there_is_never_overwritten(rinq, tmp_path):
    (tmp_path / "my_queue.py").write_text("mine", "utf-8")
    code, _, _ = rinq("new-queue", "my_queue.py")
    assert "my_queue.py. It was left as it is." in str(code)
    assert (tmp_path / "my_queue.py").read_text("utf-8") == "mine"


@pytest.mark.parametrize("name", ["queue.py", "my-queue.py", "nowhere/my_queue.py"])
def test_a_file_that_could_not_be_judged_is_not_written(rinq, tmp_path, name):
    code, _, _ = rinq("new-queue", name)
    assert "cannot be judged" in str(code)
    assert list(tmp_path.iterdir()) == []


def test_a_class_that_is_not_there_is_refused_in_one_line(rinq):
    code, output, _ = rinq("check", "nothere:Queue")
    assert str(code).startswith("rinq: This queue cannot be judged: there is no module nothere")
    assert output == ""
