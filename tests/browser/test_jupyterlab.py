"""The control room in JupyterLab: the notebook 00, opened and run as a learner does."""

from __future__ import annotations

import json
import sys

import nbformat
import pytest
from playwright.sync_api import expect
from processes import lives
from room_in_browser import LONG, RoomInBrowser, mistype, running, start_steer_kill_and_stop

from rinq.apps.notebooks import CONFIG_VARIABLE, FIRST, copy_notebooks

BUSY = """import time
from pathlib import Path
Path("busy").touch()
while not Path("go-on").exists():
    time.sleep(0.05)"""
TOKEN = "browser-tests"
READY = """() => {
    const session = window.jupyterapp?.shell?.currentWidget?.context?.sessionContext;
    const kernel = session?.session?.kernel;
    return session?.isReady && kernel?.connectionStatus === 'connected' && kernel.status === 'idle';
}"""
RUN = """async (index) => {
    const notebook = window.jupyterapp.shell.currentWidget.content;
    notebook.activeCellIndex = index;
    notebook.deselectAll();
    await window.jupyterapp.commands.execute('notebook:run-cell');
}"""


class Lab:
    """A notebook in JupyterLab, and the room in it."""

    def __init__(self, page, cells):
        self.page = page
        self.code = [i for i, cell in enumerate(cells) if cell.cell_type == "code"]
        self.room = RoomInBrowser(page)

    def is_ready(self):
        self.page.wait_for_function(READY, timeout=2 * LONG)

    def open_room(self):
        """Run the notebook's first two code cells."""
        for index in self.code[:2]:
            self.page.evaluate(RUN, index)
        self.room.is_open()

    def begin_last_cell(self):
        self.page.evaluate(f"index => {{ ({RUN})(index); }}", self.code[-1])

    def restart(self):
        """By the menu, and Yes to what it asks; the old room's output is cleared."""
        self.page.get_by_role("menuitem", name="Kernel", exact=True).click()
        self.page.get_by_role("menuitem", name="Restart Kernel and Clear Outputs").click()
        self.page.get_by_role("button", name="Confirm Kernel Restart").click()
        expect(self.room.root).to_have_count(0, timeout=LONG)
        self.is_ready()


@pytest.fixture
def lab(serve, config, page, port):
    folder = copy_notebooks(config.parent)
    notebook = nbformat.read(folder / FIRST, as_version=4)
    notebook.cells.append(nbformat.v4.new_code_cell(BUSY))
    nbformat.write(notebook, folder / FIRST)
    settings = config.parent / "jupyter_config" / "lab" / "user-settings" / "@jupyterlab"
    tracker = settings / "notebook-extension" / "tracker.jupyterlab-settings"
    tracker.parent.mkdir(parents=True)
    tracker.write_text(json.dumps({"windowingMode": "none"}))
    options = [
        f"--ServerApp.port={port}",
        "--ServerApp.port_retries=0",
        "--ServerApp.ip=127.0.0.1",
        "--ServerApp.allow_root=True",
        f"--ServerApp.root_dir={folder}",
        f"--IdentityProvider.token={TOKEN}",
        "--LabApp.news_url=None",
        "--LabApp.extension_manager=readonly",
        "--LabApp.expose_app_in_browser=True",
    ]
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", *options]
    serve(command, **{CONFIG_VARIABLE: str(config)})
    page.goto(f"http://127.0.0.1:{port}/lab/tree/{FIRST}?token={TOKEN}", timeout=2 * LONG)
    lab = Lab(page, notebook.cells)
    lab.is_ready()
    lab.open_room()
    return lab


def test_processes_are_steered_by_clicking_also_while_a_cell_is_busy(
    lab, fleet, config, eventually
):
    start_steer_kill_and_stop(lab.room, fleet)
    mistype(lab.room, config)

    folder = config.parent / "my-notebooks"
    lab.begin_last_cell()
    eventually((folder / "busy").exists)
    lab.room.press("Start", "manager")
    assert not running(fleet), "a press waits for the cell"
    (folder / "go-on").touch()
    lab.room.says("manager-1 started (pid ")
    lab.room.shows("manager-1", "running")
    lab.room.press("Stop all")
    lab.room.says("Stopped 1.")
    assert not running(fleet)


def test_after_a_restart_of_the_kernel_only_kept_processes_live(lab, fleet, eventually):
    room = lab.room
    room.start("producer", "producer-1")
    room.start("consumer", "consumer-1")
    owned = running(fleet)
    lab.restart()
    eventually(lambda: not any(map(lives, owned.values())))
    lab.open_room()
    room.shows("producer-1", "stopped")
    room.shows("consumer-1", "stopped")

    room.keep_running()
    room.press_in_row("Start again", "consumer-1")
    room.says("consumer-1 started (pid ")
    room.start("producer", "producer-1")
    kept = running(fleet)
    lab.restart()
    lab.open_room()
    assert running(fleet) == kept
    room.shows("producer-1", "running")
    room.press_in_row("Stop", "consumer-1")
    room.says("consumer-1 stopped")
    room.shows("consumer-1", "stopped")
    room.press("Stop all")
    room.says("Stopped 1.")
    assert not any(map(lives, kept.values()))
