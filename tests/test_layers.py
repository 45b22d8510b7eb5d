"""The rooms: the contracts on imports in pyproject.toml hold, and what is heavy is loaded late."""

from __future__ import annotations

import importlib
import json
import re
import shutil
import subprocess
import sys
from collections import Counter
from graphlib import TopologicalSorter
from pathlib import Path

import grimp
import pytest

import rinq
from rinq import judge, metrics

PACKAGE = Path(rinq.__file__).parent
SETTINGS = Path(__file__).parents[1] / "pyproject.toml"
LINT = """
import sys
from importlinter.cli import lint_imports
sys.exit(lint_imports(no_cache=True, no_logo=True))
"""
HEAVY = {"pandas", "matplotlib", "ipywidgets"}


@pytest.fixture
def house(tmp_path):
    """A folder with a copy of the package, and the contracts."""
    shutil.copytree(PACKAGE, tmp_path / "rinq", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(SETTINGS, tmp_path)
    return tmp_path


def lint(folder):
    """What import-linter says of the package in this folder."""
    command = [sys.executable, "-c", LINT]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False).stdout


def test_every_contract_on_imports_is_kept(house):
    said = lint(house)
    assert "0 broken" in said, said


ROOMS = "A room imports only from the rooms below it"
CIRCLES = "Folders and files of one folder import in no circle"


@pytest.mark.parametrize(
    ("contract", "module", "source"),
    [
        (ROOMS, "queue/base.py", "from rinq.roles.manager import Manager"),
        (ROOMS, "queue/base.py", "import rinq.fleet.fleet"),
        (ROOMS, "queue/base.py", "from rinq import Consumer"),
        (ROOMS, "queue/base.py", "def later():\n    from rinq.charts import lanes"),
        (ROOMS, "queue/base.py", "if TYPE_CHECKING:\n    import rinq.roles.work"),
        (ROOMS, "attic.py", "'''A module in no room.'''"),
        ("The judge needs only the ground", "judge/check.py", "import rinq.queue"),
        ("Roles import no sqlite3", "roles/consumer.py", "import sqlite3"),
        ("Nothing below metrics imports pandas", "queue/model.py", "from pandas import Series"),
        (
            "Nothing below charts imports matplotlib or ipywidgets",
            "lab/results.py",
            "import matplotlib.pyplot",
        ),
        (CIRCLES, "queue/model.py", "import rinq.queue.base"),
        (CIRCLES, "lab/audit/report.py", "if TYPE_CHECKING:\n    import rinq.lab.experiment"),
    ],
)
def test_an_import_that_breaks_a_contract_is_found(house, contract, module, source):
    with (house / "rinq" / module).open("a", encoding="utf-8") as file:
        file.write(f"\n{source}\n")
    assert f"{contract} BROKEN" in lint(house)


def test_no_modules_import_each_other_in_a_circle():
    """Also through a package's ``__init__``, inside functions, and behind TYPE_CHECKING."""
    graph = grimp.build_graph("rinq", cache_dir=None)
    imports = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    TopologicalSorter(imports).prepare()


def test_a_class_name_stands_once():
    """The gallery apart: its queues are what learners write."""
    names = Counter(
        name
        for path in PACKAGE.rglob("*.py")
        if "gallery" not in path.parts
        for name in re.findall(r"^class (\w+)", path.read_text("utf-8"), re.MULTILINE)
    )
    assert [name for name, times in names.items() if times > 1] == []


def _loaded_by(code):
    """The modules that a fresh Python has loaded after the code."""
    report = "import json, sys; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\n{report}"], capture_output=True, text=True, check=True
    )
    return set(json.loads(done.stdout))


def test_rinq_alone_loads_nothing_that_it_does_not_need_yet():
    loaded = _loaded_by("import rinq")
    assert "rinq" in loaded
    assert not loaded & {
        *("pydantic", "psutil", "pandas", "sqlite3", "yaml", "pebble", "importlib.metadata")
    }


def test_a_background_process_loads_no_heavy_library():
    loaded = _loaded_by("import rinq.fleet.main")
    assert {"sqlite3", "rinq.roles.consumer"} <= loaded
    assert not loaded & {"pandas", "matplotlib", "ipywidgets", "numpy", "IPython", "typer", "rich"}


def test_measures_load_no_heavy_library():
    loaded = _loaded_by("import rinq.metrics.measures; from rinq.metrics import measure")
    assert "rinq.metrics.visits" in loaded
    assert not loaded & {*HEAVY, "numpy"}


LAZY = pytest.mark.parametrize(
    "package", [rinq, metrics, judge], ids=lambda package: package.__name__
)


@LAZY
def test_the_names_that_are_handed_out_are_sorted_and_each_is_found(package):
    assert package.__all__ == sorted(package.__all__)
    assert set(package.__all__) <= set(dir(package))
    for name in package.__all__:
        home = importlib.import_module(package._HOMES[name])
        assert getattr(package, name) is getattr(home, name)


@LAZY
def test_no_module_has_a_name_that_is_handed_out(package):
    """Once imported, the module would stand there instead."""
    inside = {path.stem for path in Path(package.__file__).parent.iterdir()}
    assert not inside & set(package.__all__)


@LAZY
def test_the_names_that_type_checkers_see_are_those_that_are_handed_out(package):
    source = Path(package.__file__).read_text("utf-8")
    seen = re.findall(r"from (rinq\S*) import (\w+) as \2\n", source)
    assert {name: home for home, name in seen} == package._HOMES


@LAZY
def test_a_name_that_a_package_does_not_have_is_an_attribute_error(package):
    with pytest.raises(AttributeError, match=f"'{package.__name__}' has no attribute 'Consumr'"):
        package.Consumr  # noqa: B018
