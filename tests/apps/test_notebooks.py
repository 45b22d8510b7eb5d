"""The learner's copy of the notebooks."""

from __future__ import annotations

import json
import os
import sys

import nbformat
import psutil
import pytest
import yaml
from http_requests import ask, body
from jupyter_client import BlockingKernelClient
from jupyterlab.labapp import LabApp
from processes import lives

from rinq import Fleet
from rinq.apps import notebooks
from rinq.apps.web_page import port_problem
from rinq.config import Config
from rinq.errors import ConfigError

LAB = [sys.executable, "-P", "-c", "from rinq.cli import main; main()", "lab"]


def test_the_copy_has_no_answers_in_it(tmp_path):
    folder = notebooks.copy_notebooks(tmp_path)
    copies = sorted(folder.glob("*.ipynb"))
    assert [path.name for path in copies] == sorted(
        p.name for p in notebooks.SOURCE.glob("*.ipynb")
    )
    for path in copies:
        for cell in nbformat.read(path, as_version=4).cells:
            assert cell.cell_type != "code" or (cell.outputs, cell.execution_count) == ([], None)


def test_pictures_come_along(tmp_path):
    folder = notebooks.copy_notebooks(tmp_path)
    assert list(folder.glob("images/*.png"))


def test_a_copy_that_was_worked_on_is_never_overwritten(tmp_path):
    folder = notebooks.copy_notebooks(tmp_path)
    mine = folder / notebooks.FIRST
    mine.write_text("my own answers")
    notebooks.copy_notebooks(tmp_path)
    assert mine.read_text() == "my own answers"


def test_without_the_notebooks_it_says_how_to_install(tmp_path, monkeypatch):
    monkeypatch.setattr(notebooks, "SOURCE", tmp_path / "nowhere")
    with pytest.raises(ConfigError, match="pip install -e"):
        notebooks.copy_notebooks(tmp_path)


def test_lab_opens_the_room_of_the_copy_on_this_machine_alone(tmp_path, monkeypatch):
    (tmp_path / "config.yaml").write_text("")
    given = []
    monkeypatch.setattr(LabApp, "launch_instance", given.extend)
    monkeypatch.setattr(os, "geteuid", lambda: 0, raising=False)
    monkeypatch.setenv(notebooks.CONFIG_VARIABLE, "")
    notebooks.open_lab(Config.load(tmp_path / "config.yaml"), browser=False, port=9)
    assert str(tmp_path / notebooks.COPY / notebooks.FIRST) in given
    assert {"--ServerApp.ip=127.0.0.1", "--no-browser", "--allow-root"} <= set(given)
    assert os.environ[notebooks.CONFIG_VARIABLE] == str(tmp_path / "config.yaml")


def test_a_signal_to_end_ends_jupyterlab_kernels_and_owned_roles_and_frees_the_port(
    serve, port, tmp_path, eventually
):
    config = tmp_path / "config.yaml"
    config.write_text(yaml.safe_dump({"general": {"primary_path": "jobs"}}))
    server = serve([*LAB, "--no-browser", "--port", str(port)])
    runtime = tmp_path / "jupyter_runtime"
    written = eventually(lambda: [*runtime.glob("jpserver-*.json")])
    assert written == [runtime / f"jpserver-{server.pid}.json"], "it is a process of its own"
    token = json.loads(written[0].read_text())["token"]
    eventually(lambda: ask(f"http://localhost:{port}/api/status?token={token}") == 200)
    kernel = json.loads(body(f"http://localhost:{port}/api/kernels?token={token}", "POST"))["id"]
    start = f"import rinq; fleet = rinq.Fleet({str(config)!r}); fleet.start('cleaner')"
    client = BlockingKernelClient(connection_file=str(runtime / f"kernel-{kernel}.json"))
    client.load_connection_file()
    client.start_channels()
    assert client.execute_interactive(start, timeout=60)["content"]["status"] == "ok"
    client.stop_channels()
    (role,) = (process.row.pid for process in Fleet(config).processes())
    started = {role, *(child.pid for child in psutil.Process(server.pid).children(recursive=True))}
    assert len(started) >= 2
    server.terminate()
    assert server.wait(60) == 0
    eventually(lambda: not any(map(lives, started)))
    assert port_problem("127.0.0.1", port) is None
