"""What ``rinq doctor`` finds."""

from __future__ import annotations

import importlib.metadata
import socket
import sqlite3

import pytest

from rinq.apps import doctor
from rinq.config import Config


@pytest.fixture
def examine(tmp_path, monkeypatch):
    """Examine an installation whose config names this folder; returns findings by what."""
    monkeypatch.chdir(tmp_path)

    def call(**general):
        config = Config.parse({"general": {"primary_path": str(tmp_path / "jobs"), **general}})
        return {finding.what: finding for finding in doctor.examine(config)}

    return call


def test_a_sound_installation_needs_no_advice(examine, monkeypatch):
    monkeypatch.setattr(doctor, "port_problem", lambda *_: None)
    assert [finding for finding in examine().values() if finding.advice] == []


def test_the_checks_make_no_file(examine, tmp_path):
    examine()
    assert list(tmp_path.iterdir()) == []


def test_a_package_of_another_version_is_named(examine, monkeypatch):
    real = importlib.metadata.version
    monkeypatch.setattr(
        importlib.metadata, "version", lambda name: "1.0" if name == "pandas" else real(name)
    )
    found = examine()["packages"]
    assert "pandas 1.0 is not" in found.found
    assert "requirements.txt" in found.advice


def test_a_folder_that_cannot_be_written_is_named(examine, tmp_path):
    (tmp_path / "file").write_text("")
    advice = examine(primary_path=str(tmp_path / "file" / "jobs"))["folder"].advice
    assert "general.primary_path" in advice


def test_another_programs_database_is_named(examine, tmp_path):
    with sqlite3.connect(tmp_path / "other.db") as database:
        database.execute("CREATE TABLE theirs (a)")
    database.close()
    advice = examine(database=str(tmp_path / "other.db"))["database"].advice
    assert "belongs to another program" in advice


def test_a_taken_port_is_named_with_another_to_take(examine, monkeypatch):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        monkeypatch.setattr(doctor, "PORT", port)
        assert f"--port {port + 1}" in examine()["port"].advice
