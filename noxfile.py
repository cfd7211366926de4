"""Every check this project has: ``nox -l`` lists them, ``nox`` runs them."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import nox

# uv trusts what the machine trusts, as pip does: certificates of a company's proxy are there.
os.environ.setdefault("UV_SYSTEM_CERTS", "true")

nox.needs_version = ">=2025.2"
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.download_python = "never"
nox.options.reuse_venv = "yes"
nox.options.sessions = ["lint", "types", "tests", "packages", "coverage", "package", "demo", "browser"]

DJANGO = {"5.2": "3.10", "6.0": "3.12", "6.1": "3.12"}
"""Each supported Django and its oldest Python."""

WHOLE = {"5.2": "mariadb", "6.0": "postgresql", "6.1": "sqlite"}
"""The database on which CI runs the whole suite with each Django; what depends on both runs on every pair."""

DATABASES = {
    "postgresql": os.environ.get("POSTGRES_URL", "postgres://root@127.0.0.1:5432/postgres"),
    "mariadb": os.environ.get("MARIADB_URL", "mysql://root@127.0.0.1:3306/test"),
}

PYPROJECT = nox.project.load_toml("pyproject.toml")
PYTHONS = nox.project.python_versions(PYPROJECT)

USE_WHEEL = """
import importlib.util, pathlib
import drf_autoprefetch

folder = pathlib.Path(drf_autoprefetch.__file__).parent
assert folder.parent.name == "site-packages", folder
assert (folder / "py.typed").is_file()
assert not importlib.util.find_spec("tests") and not importlib.util.find_spec("demo")

from django.conf import settings
settings.configure(INSTALLED_APPS=["drf_autoprefetch"])
import django
django.setup()
from django.core.management import call_command
call_command("check")
from drf_autoprefetch import *
from rest_framework.viewsets import ModelViewSet
print(type("View", (AutoPrefetchMixin, ModelViewSet), {}).__mro__[1], folder)
"""


def number(version: str) -> tuple[int, ...]:
    """Make versions comparable: 3.9 is older than 3.10."""
    return tuple(map(int, version.split(".")))


def show_pyenv_versions() -> None:
    """Put pyenv's Pythons on PATH: its shims offer only those that are switched on."""
    if shutil.which("pyenv"):
        root = subprocess.run(["pyenv", "root"], check=True, capture_output=True, text=True).stdout.strip()
        folders = sorted(map(str, Path(root).glob("versions/3.*/bin")), reverse=True)
        os.environ["PATH"] = os.pathsep.join([*folders, os.environ["PATH"]])


def is_installed(python: str) -> bool:
    """Tell whether this machine has that Python, and not only a shim of its name."""
    path = shutil.which(f"python{python}")
    return path is not None and subprocess.run([path, "--version"], capture_output=True).returncode == 0


SCENARIOS = (
    "tests/guarding/test_scenarios.py",
    "tests/guarding/test_remedies.py",
    "tests/guarding/test_healing.py",
    "tests/traps/test_fetch_modes.py",
    "tests/traps/test_joins.py",
    *("-m", "not once"),
)
"""What is found, healed and joined goes by what Django does with a query, and by how a database answers it."""

NEWEST_DJANGO = list(DJANGO)[-1]

show_pyenv_versions()
INSTALLED = [python for python in PYTHONS if is_installed(python)]
NEWEST = (INSTALLED or PYTHONS)[-1]


def python_for(django: str) -> str:
    """Return the Python that CI takes for a Django: the newest for the newest Django, the oldest for the others."""
    pythons = pythons_for(django)
    installed = [python for python in pythons if python in INSTALLED]
    # Where none is installed, nox skips the row, or in CI fails: a Django that nobody tried is not supported.
    return installed[-1 if django == NEWEST_DJANGO else 0] if installed else pythons[0]


def pythons_for(django: str) -> list[str]:
    """Return the Pythons that a Django supports."""
    return [python for python in PYTHONS if number(python) >= number(DJANGO[django])]


def matrix() -> list[object]:
    """Every Python with every Django that supports it."""
    return [row(python, django, "sqlite") for django in DJANGO for python in pythons_for(django)]


def row(python: str, django: str, database: str) -> object:
    """Return a row of a session, tagged ``ci-`` and the database if it is CI's."""
    is_whole = WHOLE[django] == database and python == python_for(django)
    args = (python, django) if database == "sqlite" else (python, django, database)
    return nox.param(*args, tags=[f"ci-{database}"] if is_whole else [])


def install(session: nox.Session, django: str, *groups: str) -> None:
    """Install the project with a Django; the oldest Django on the oldest Python has the oldest REST framework, too."""
    is_oldest = (session.python, django) == (PYTHONS[0], next(iter(DJANGO)))
    rest_framework = "djangorestframework~=3.15.0" if is_oldest else "djangorestframework"
    needed = [package for name in groups for package in group(name)]
    session.install("-e", ".", *needed, f"django~={django}.0", rest_framework)


def measure(session: nox.Session, *args: str) -> None:
    """Run pytest, and write down which lines ran: ``coverage`` puts together what each session wrote."""
    name = session.name.translate({ord(mark): None for mark in "()'\""}).replace(" ", "")
    session.run("coverage", "run", "-m", "pytest", *args, env={"COVERAGE_FILE": f".coverage.{name}"})


def group(name: str) -> list[str]:
    """Read what a dependency group of pyproject.toml lists."""
    return list(nox.project.dependency_groups(PYPROJECT, name))


@nox.session
@nox.parametrize("python,django", matrix())
def tests(session: nox.Session, django: str) -> None:
    """Run the test suite on SQLite."""
    install(session, django, "test")
    if (session.python, django) == (python_for(NEWEST_DJANGO), NEWEST_DJANGO):
        measure(session, *session.posargs)
    else:
        session.run("pytest", *session.posargs)


@nox.session
@nox.parametrize("python,django,database", [row(python_for(each), each, name) for name in DATABASES for each in DJANGO])
def databases(session: nox.Session, django: str, database: str) -> None:
    """Run the test suite on PostgreSQL (POSTGRES_URL) and MariaDB (MARIADB_URL)."""
    demand(session, database)
    install(session, django, "test", "databases")
    session.run("pytest", "-m", "not once", *session.posargs, env={"DATABASE_URL": DATABASES[database]})


@nox.session
@nox.parametrize("python,django", [nox.param(python_for(each), each) for each in DJANGO])
def scenarios(session: nox.Session, django: str) -> None:
    """Run what depends on Django and on the database at once, for each Django on SQLite and on PostgreSQL."""
    demand(session, "postgresql")
    install(session, django, "test", "databases")
    measure(session, *SCENARIOS, *session.posargs)
    # Another run on that server may be under way, and names its databases after the URL.
    elsewhere = f"{DATABASES['postgresql']}_scenarios"
    session.run("pytest", *SCENARIOS, *session.posargs, env={"DATABASE_URL": elsewhere})


def demand(session: nox.Session, database: str) -> None:
    """Skip the session where a database is not there, and fail in CI."""
    if not is_listening(DATABASES[database]):
        give_up = session.error if os.environ.get("CI") else session.skip
        give_up(f"nothing listens at {DATABASES[database]}")


@nox.session(python=NEWEST)
def packages(session: nox.Session) -> None:
    """Try the library with the packages that real projects are made of."""
    install(session, next(iter(DJANGO)), "packages")
    # What those packages are warned of is not ours to mend.
    measure(session, "--ds", "tests.packages.settings", "-W", "default", "tests/packages", *session.posargs)


@nox.session(python=NEWEST)
def browser(session: nox.Session) -> None:
    """Look at the page with Chromium, axe-core and html-validate (CHROMIUM: where the browser is)."""
    chromium, npm = find_chromium(), shutil.which("npm")
    if not (chromium and npm):
        give_up = session.error if os.environ.get("CI") else session.skip
        give_up(f"there is no {'npm' if chromium else 'Chromium'} here")
    session.install("-e", ".", *group("browser"))
    folder = Path(session.create_tmp()).resolve()
    shutil.copy("tests/browser/package.json", folder)
    quiet = ("--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts")
    session.run("npm", "install", "--prefix", str(folder), *quiet, external=True)
    env = {"BROWSER_CHROMIUM": chromium, "BROWSER_NODE_MODULES": str(folder / "node_modules")}
    session.run("pytest", "tests/browser", *session.posargs, env=env)


def find_chromium() -> str | None:
    """Return the path of a Chromium, or of a Chrome."""
    named = os.environ.get("CHROMIUM")
    names = [named] if named else ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"]
    return next(filter(None, map(shutil.which, names)), None)


def is_listening(url: str) -> bool:
    """Tell whether anything answers where `url` points."""
    address = urlsplit(url)
    port = address.port or (3306 if address.scheme == "mysql" else 5432)
    try:
        socket.create_connection((address.hostname or "127.0.0.1", port), timeout=3).close()
    except OSError:
        return False
    return True


@nox.session(python=NEWEST)
def coverage(session: nox.Session) -> None:
    """Demand that the test runs before this one, together, covered every line and branch."""
    session.install(*group("test"))
    session.run("coverage", "combine", "--keep")
    session.run("coverage", "report")


@nox.session(python=NEWEST)
def lint(session: nox.Session) -> None:
    """Check format and style; ``nox -s lint -- fix`` repairs what can be repaired."""
    session.install(*group("lint"))
    if "fix" in session.posargs:
        session.run("ruff", "check", "--fix", ".")
        session.run("ruff", "format", ".")
    else:
        session.run("ruff", "format", "--check", ".")
        session.run("ruff", "check", ".")


@nox.session(python=NEWEST)
def types(session: nox.Session) -> None:
    """Check types, strictly."""
    session.install("-e", ".", *group("types"))
    session.run("mypy", *session.posargs)
    # The Django plugin knows the models of one project at a time.
    session.run("mypy", "--config-file", "demo/mypy.ini", env={"PYTHONPATH": "."})


@nox.session(python=NEWEST)
def build(session: nox.Session) -> None:
    """Build wheel and sdist into dist/."""
    session.install(*PYPROJECT["build-system"]["requires"])
    shutil.rmtree("dist", ignore_errors=True)
    session.run("hatchling", "build", "-d", "dist")


@nox.session(python=NEWEST, requires=["build"], reuse_venv=False)
def package(session: nox.Session) -> None:
    """Use the wheel where there is nothing else but what it asks for."""
    (wheel,) = Path("dist").glob("*.whl")
    session.install(str(wheel))
    session.chdir(session.create_tmp())
    session.run("python", "-I", "-c", "import drf_autoprefetch")
    session.run("python", "-I", "-c", USE_WHEEL)


@nox.session(python=NEWEST)
def docs(session: nox.Session) -> None:
    """Run what README.md and docs/ show (part of ``tests`` too)."""
    session.install("-e", ".", *group("test"))
    session.run("pytest", "tests/test_docs.py", *session.posargs)


@nox.session(python=NEWEST)
def demo(session: nox.Session) -> None:
    """Set the demo up from nothing and compare naive with optimised; needs what the project needs, no more."""
    session.install("-e", ".")
    session.run("python", "-m", "demo", "--check", *session.posargs)


@nox.session(python=NEWEST)
def fuzz(session: nox.Session) -> None:
    """Generate 100,000 bodies and 5,000 serializer trees (BODIES, HYPOTHESIS_EXAMPLES); time the reading of bodies."""
    session.install("-e", ".", *group("test"))
    many = {"BODIES": "100000", "HYPOTHESIS_EXAMPLES": "5000"}
    env = {name: os.environ.get(name, number) for name, number in many.items()}
    session.run("python", "-W", "ignore", "-m", "tests.bodies.timing")
    session.run("pytest", "-k", "generated", "tests/test_method_bodies.py", "tests/test_generated.py", env=env)


@nox.session(python=NEWEST)
def mutate(session: nox.Session) -> None:
    """Take each rule of the reader away in turn: some test must go red each time (``-- chain`` for some of them)."""
    session.install("-e", ".", *group("test"))
    session.run("python", "-W", "ignore", "-m", "tests.mutating", *session.posargs)


WILD = nox.project.load_toml("tests/wild/projects.toml")


@nox.session(python=NEWEST)
@nox.parametrize("project", list(WILD))
def wild(session: nox.Session, project: str) -> None:
    """Run the tests of an application that is not ours, with the mixin in every view (WILD_MIRROR: its source).

    ``-- bare`` takes the application's own hints away before: what they saved, and what the mixin saves without them.
    ``-- asked`` leaves the tests out, and only asks views for rows that are made up.
    """
    about = WILD[project]
    source = Path(session.create_tmp()).resolve() / "source"
    if not source.exists():
        origin = os.environ.get("WILD_MIRROR", "https://github.com/{repository}").format(**about)
        session.run("git", "clone", "--quiet", origin, str(source), external=True)
        session.run("git", "-C", str(source), "checkout", "--quiet", about["commit"], external=True)
    here = Path.cwd()
    for name, text in about.get("files", {}).items():
        (source / name).write_text(text)
    session.chdir(source)
    wanted = (source / about["requirements"]).read_text().splitlines() if "requirements" in about else []
    # Lines with an index of their own would overrule that of this machine.
    wanted = [line.strip() for line in wanted if line and not line.startswith(("-", "#"))]
    session.install(*about.get("install", ()), *wanted, "-e", str(here))
    env = {"PYTHONPATH": str(here / "tests" / "wild"), "PYTHONHASHSEED": "0", **about.get("env", {})}
    bare = "bare" in session.posargs
    names = ("written", "bare", "bare-mixin") if bare else ("plain", "again", "mixin")
    records = [str(source.parent / f"{name}.jsonl") for name in names]
    if "asked" not in session.posargs:
        for record, mode in zip(records, ("plain", *names[1:]) if bare else ("plain", "plain", "mixin"), strict=True):
            # Tests that fail without the mixin are the application's own; what it answers is compared.
            session.run("python", "-m", "in_the_wild", record, mode, *about["command"], env=env, success_codes=range(6))
        session.run("python", "-m", "in_the_wild.comparing", *(["--bare"] if bare else []), *records, env=env)
    if "asked" in about:
        session.run("python", "-m", "in_the_wild.asking", *(["--bare"] if bare else []), *about["asked"], env=env)


@nox.session(python=NEWEST)
def bench(session: nox.Session) -> None:
    """Compare with hand-written querysets and with the nearest peer."""
    session.install("-e", ".", *group("bench"))
    session.run("python", "-m", "demo.benchmark", *session.posargs)
