"""The arrows of the design: a folder is a layer, and imports point down only."""

from __future__ import annotations

import ast
import importlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

import rinq
from rinq import metrics

PACKAGE = Path(rinq.__file__).parent
LAYERS = (  # from the ground up
    {"config", "distributions", "errors", "faults", "lazy"},
    {"queue"},
    {"files"},
    {"roles"},
    {"fleet"},
    {"metrics"},
    {"lab"},
    {"judge"},
    {"charts"},
    {"room"},
    {"course"},
    {"apps"},
    {"cli"},
)
HEAVY = {"pandas", "matplotlib", "ipywidgets"}
MODULES = {
    ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted(PACKAGE.rglob("*.py"))
}


def imports(source, *, module_level=False):
    """The dotted names that a source imports; at module level, only what importing it runs."""
    found = set()
    for node in _run_at_import(ast.parse(source)) if module_level else ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "a relative import"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def _run_at_import(tree):
    """Every node outside functions and ``if TYPE_CHECKING``."""
    for child in ast.iter_child_nodes(tree):
        skipped = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) or (
            isinstance(child, ast.If) and ast.unparse(child.test).endswith("TYPE_CHECKING")
        )
        if not skipped:
            yield child
            yield from _run_at_import(child)


def layer(name):
    """The height of ``rinq.part…`` in the design; a name that rinq hands out counts as its home."""
    parts = name.split(".")
    if len(parts) > 1 and parts[1] in rinq._HOMES:
        parts = rinq._HOMES[parts[1]].split(".")
    heights = [height for height, members in enumerate(LAYERS) if members & set(parts[1:2])]
    assert heights, f"{name} is in no layer of the design"
    return heights[0]


def upward(module, source):
    """The imports of a module that point up."""
    ours = {name for name in imports(source) if name.split(".")[0] == "rinq"}
    return {name for name in ours if layer(name) > layer(module)}


BELOW_THE_ROOF = [name for name in MODULES if name != "rinq"]


@pytest.mark.parametrize("module", BELOW_THE_ROOF)
def test_imports_point_down_only(module):
    assert upward(module, MODULES[module].read_text("utf-8")) == set()


@pytest.mark.parametrize(
    "source",
    [
        "from rinq.roles.manager import Manager",
        "import rinq.fleet.fleet",
        "from rinq import Consumer",
        "def later():\n    from rinq.charts import lanes",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import rinq.roles.work",
    ],
)
def test_an_import_that_points_up_is_found(source):
    assert len(upward("rinq.queue.sqlite", source)) == 1


@pytest.mark.parametrize("module", [name for name in MODULES if name.startswith("rinq.roles")])
def test_roles_never_import_sqlite3(module):
    names = {name.split(".")[0] for name in imports(MODULES[module].read_text("utf-8"))}
    assert "sqlite3" not in names


@pytest.mark.parametrize("module", [m for m in BELOW_THE_ROOF if layer(m) < layer("rinq.metrics")])
def test_nothing_below_metrics_imports_its_heavy_libraries(module):
    source = MODULES[module].read_text("utf-8")
    assert not {name.split(".")[0] for name in imports(source, module_level=True)} & HEAVY


def test_an_import_inside_a_function_is_not_at_module_level():
    source = "import a\ntry:\n    import b\nexcept ImportError:\n    def f():\n        import c"
    assert imports(source) == {"a", "b", "c"}
    assert imports(source, module_level=True) == {"a", "b"}


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
    assert not loaded & {"pydantic", "psutil", "pandas", "sqlite3", "yaml", "pebble"}


def test_a_background_process_loads_no_heavy_library():
    loaded = _loaded_by("import rinq.fleet.main")
    assert {"sqlite3", "rinq.roles.consumer"} <= loaded
    assert not loaded & {*HEAVY, "numpy", "IPython", "typer", "rich"}


def test_measures_load_no_heavy_library():
    loaded = _loaded_by("import rinq.metrics.measures; from rinq.metrics import measure")
    assert "rinq.metrics.visits" in loaded
    assert not loaded & {*HEAVY, "numpy"}


LAZY = pytest.mark.parametrize("package", [rinq, metrics], ids=lambda package: package.__name__)


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
    inside = {
        name.removeprefix(f"{package.__name__}.").partition(".")[0]
        for name in MODULES
        if name.startswith(f"{package.__name__}.")
    }
    assert not inside & set(package.__all__)


@LAZY
def test_the_names_that_type_checkers_see_are_those_that_are_handed_out(package):
    source = MODULES[package.__name__].read_text("utf-8")
    seen = {name.rpartition(".") for name in imports(source)} - {("rinq.lazy", ".", "lazy_names")}
    assert {(home, name) for home, _, name in seen if home.startswith("rinq.")} == {
        (home, name) for name, home in package._HOMES.items()
    }


@LAZY
def test_a_name_that_a_package_does_not_have_is_an_attribute_error(package):
    with pytest.raises(AttributeError, match=f"'{package.__name__}' has no attribute 'Consumr'"):
        package.Consumr  # noqa: B018
