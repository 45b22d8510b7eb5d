"""The saved notebooks: executed, comparable, clean; that they still run is nbval's part."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

FOLDER = Path(__file__).parents[1] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
EXEMPT = {
    "00_control_room": 0,
    "01_a_job_is_a_row": 4,
    "02_roles_retries_failures": 2,
    "03_claiming_once": 4,
    "04_crash_lease_fence": 2,
    "06_how_many_consumers": 1,
    "07_build_your_own_queue": 6,
    "glossary": 0,
}
"""How many cells of each notebook may differ from run to run."""


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def notebook(request):
    return nbformat.read(request.param, as_version=4)


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def test_every_lesson_has_a_budget_of_exempt_cells():
    assert [path.stem for path in NOTEBOOKS] == sorted(EXEMPT)


def test_every_code_cell_was_saved_executed(notebook):
    counts = [cell.execution_count for cell in code_cells(notebook)]
    assert counts == list(range(1, len(counts) + 1))


def test_no_widget_state_is_saved(notebook):
    assert "widgets" not in notebook.metadata


def test_no_cell_was_saved_with_an_error(notebook):
    kinds = {output.output_type for cell in code_cells(notebook) for output in cell.outputs}
    assert "error" not in kinds


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_exempt_cells_stay_within_the_budget(path):
    cells = code_cells(nbformat.read(path, as_version=4))
    exempt = [
        cell
        for cell in cells
        if any("nbval" in tag for tag in cell.metadata.get("tags", ()))
        or "NBVAL" in cell.source.upper()
    ]
    assert len(exempt) <= EXEMPT[path.stem]


def test_no_cell_prints_a_path_or_a_pid(notebook):
    for cell in code_cells(notebook):
        for output in cell.outputs:
            text = output.get("text", "") + str(output.get("data", {}).get("text/plain", ""))
            assert not re.search(r"/(home|tmp|root|Users|work|var)/|pid[ =]\d", text)


def test_links_between_lessons_lead_somewhere(notebook):
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    for target in re.findall(r"\]\(([^)#]+)\)", text):
        assert target.startswith("http") or (FOLDER / target).exists(), target


def test_nbval_notices_a_changed_output(tmp_path):
    """A saved output that is corrupted fails: the comparison is real."""
    notebook = nbformat.v4.new_notebook()
    cell = nbformat.v4.new_code_cell("print(6 * 7)", execution_count=1)
    notebook.cells = [cell]
    results = []
    for saved in ("42\n", "43\n"):
        cell.outputs = [nbformat.v4.new_output("stream", name="stdout", text=saved)]
        nbformat.write(notebook, tmp_path / "one.ipynb")
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--nbval"]
        command += ["--nbval-current-env", str(tmp_path / "one.ipynb")]
        results.append(subprocess.run(command, cwd=tmp_path, capture_output=True, check=False))
    assert [result.returncode for result in results] == [0, 1]
