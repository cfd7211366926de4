"""What is shipped: the public names, an import that needs no settings, and the content of wheel and sdist."""

from __future__ import annotations

import operator
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
from hatchling.builders.sdist import SdistBuilder
from hatchling.builders.wheel import WheelBuilder

import drf_autoprefetch

pytestmark = pytest.mark.once

ROOT = Path(__file__).parent.parent


def run_without_settings(code: str) -> str:
    """Run `code` in a new Python that knows no Django settings; give what it printed."""
    environment = {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    (path,) = WheelBuilder(str(ROOT)).build(directory=str(tmp_path_factory.mktemp("wheel")), versions=["standard"])
    with zipfile.ZipFile(path) as file:
        yield file


@pytest.fixture(scope="module")
def sdist(tmp_path_factory):
    (path,) = SdistBuilder(str(ROOT)).build(directory=str(tmp_path_factory.mktemp("sdist")))
    with tarfile.open(path) as file:
        yield file


def test_exported_members_are_sorted_and_exist():
    names = drf_autoprefetch.__all__

    assert names == sorted(names)
    assert [name for name in names if not hasattr(drf_autoprefetch, name)] == []


def test_exported_members_are_those_of_the_reference():
    assert set(drf_autoprefetch.__all__) == {
        "AutoPrefetchMixin",
        "Finding",
        "Note",
        "Plan",
        "PrefetchPlan",
        "Requirement",
        "allow",
        "apply_plan",
        "autoprefetch_disabled",
        "optimize",
        "plan_for",
        "prefetch_hint",
        "watch",
    }


def test_dir_shows_the_exported_members():
    assert {*drf_autoprefetch.__all__} <= {*dir(drf_autoprefetch)}


def test_a_name_that_is_not_exported_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no_such_name"):
        operator.attrgetter("no_such_name")(drf_autoprefetch)


def test_the_package_imports_without_settings():
    assert run_without_settings("import drf_autoprefetch; print(drf_autoprefetch.__name__)") == "drf_autoprefetch\n"


def test_every_exported_member_imports_without_settings():
    assert run_without_settings("from drf_autoprefetch import *; print(optimize.__name__)") == "optimize\n"


def test_the_wheel_holds_the_package_and_nothing_else(wheel):
    expected = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "drf_autoprefetch").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }

    shipped = {name for name in wheel.namelist() if ".dist-info/" not in name}

    assert shipped == expected
    assert "drf_autoprefetch/py.typed" in shipped


def test_the_wheel_needs_django_and_rest_framework_only(wheel):
    (metadata,) = (wheel.read(name).decode() for name in wheel.namelist() if name.endswith("/METADATA"))

    needed = [line for line in metadata.splitlines() if line.startswith("Requires-Dist:") and "extra ==" not in line]

    assert sorted(needed) == ["Requires-Dist: django>=5.2", "Requires-Dist: djangorestframework>=3.15"]


def test_the_wheel_has_the_pytest_plugin(wheel):
    (points,) = (wheel.read(name).decode() for name in wheel.namelist() if name.endswith("/entry_points.txt"))

    assert points.split() == ["[pytest11]", "drf_autoprefetch", "=", "drf_autoprefetch.contrib.pytest_plugin"]


def test_the_sdist_holds_what_the_tests_need_and_nothing_hidden(sdist):
    names = {name.partition("/")[2] for name in sdist.getnames()}

    assert {"drf_autoprefetch/__init__.py", "tests/test_package.py", "LICENSE", "README.md", "noxfile.py"} <= names
    assert [name for name in names if name.startswith(".") and name != ".gitignore"] == []
