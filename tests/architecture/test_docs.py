"""The documentation says what the code says: generated pages, links, commands, settings."""

import importlib.util
import re
from pathlib import Path
from types import ModuleType
from urllib.parse import unquote

import pytest
import sqlalchemy as sa

from concertmaster.cli import COMMANDS
from concertmaster.entities import ALL, QueueItem
from concertmaster.scenarios import seed
from concertmaster.settings import Settings, flag, variable
from concertmaster.store import Registry
from concertmaster.surface import operations as surface

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def generate() -> ModuleType:
    """docs/generate.py, which is a script and lies in no package."""
    spec = importlib.util.spec_from_file_location("docs_generate", DOCS / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# --- what is generated ----------------------------------------------------------------------


def test_no_generated_page_is_stale(generate: ModuleType) -> None:
    old = [name_of(page) for page in generate.stale()]
    assert not old, f"run `python docs/generate.py`: {old}"


def test_every_page_says_that_it_is_generated(generate: ModuleType) -> None:
    assert all(generate.NOTE in make() for make in generate.PAGES.values())


def test_every_known_operation_is_listed_with_its_state(generate: ModuleType) -> None:
    page = generate.operations_page()
    lines = [line for line in page.splitlines() if re.match(r"\| [A-Z]+ `/", line)]
    assert len(lines) == len(surface())
    assert all(" | built | " in line or " | 501 | " in line for line in lines)


def test_every_set_is_documented(generate: ModuleType) -> None:
    page = generate.entity_sets_page()
    for mapped in ALL:
        if mapped.__odata__.entity_set:
            assert f"\n## {mapped.__odata__.entity_set}\n" in page


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_is_documented(name: str) -> None:
    page = text_of(DOCS / "reference" / "settings.md")
    assert f"`{flag(name)}`" in page
    assert f"`{variable(name)}`" in page


# --- what is written by hand ----------------------------------------------------------------

_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_COMMAND = re.compile(r"(?<![\w/.:=-])concertmaster +([a-z]+)\b")
_FENCED = re.compile(r"^```.*?^```$|^    .*$", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"`([^`\n]+)`")
_SWITCH = re.compile(r"CONCERTMASTER_[A-Z_]+[A-Z]")

#: Variables of commands that ask a server, of the tests and of .ci/run, not of the server.
_OF_OTHERS = {
    "CONCERTMASTER_URL",
    "CONCERTMASTER_TEST_DATABASE_URL",
    "CONCERTMASTER_TEST_CLIENTS",
    "CONCERTMASTER_TEST_LONG",
    "CONCERTMASTER_TEST_BOX",
}


def anchors(page: Path) -> set[str]:
    """The names under which the headings of a page can be linked to."""
    headings = re.findall(r"^#+ (.*)$", text_of(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_somewhere(page: Path) -> None:
    broken = []
    for link in _LINK.findall(text_of(page)):
        if re.match(r"[a-z]+:", link):  # the world outside
            continue
        path, _, anchor = unquote(link).partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    assert not broken


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_commands_exist(page: Path) -> None:
    text = text_of(page)
    code = "\n".join(_FENCED.findall(text) + _INLINE.findall(_FENCED.sub("", text)))
    assert set(_COMMAND.findall(code)) <= set(COMMANDS)


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_variables_exist(page: Path) -> None:
    known = {variable(name) for name in Settings.model_fields} | _OF_OTHERS
    assert set(_SWITCH.findall(text_of(page))) <= known


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_no_page_names_a_place_on_somebodys_machine(page: Path) -> None:
    places = re.findall(
        r"(?:^|[\s`'\"(=])((?:/home|/root|/work|/Users|/tmp|C:\\Users)\b\S*)", text_of(page)
    )
    assert not places


def blocks(page: Path, language: str) -> list[str]:
    found: list[str] = re.findall(
        rf"^```{language}\n(.*?)^```$", text_of(page), re.MULTILINE | re.DOTALL
    )
    return found


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_python_is_python(page: Path) -> None:
    for block in blocks(page, "python"):
        if not block.startswith(">>>"):
            compile(block, name_of(page), "exec")


def test_the_example_of_a_scenario_can_be_loaded(tmp_path: Path) -> None:
    (example,) = blocks(DOCS / "howto" / "own-scenario.md", "yaml")
    file = tmp_path / "invoices.yaml"
    file.write_text(example, encoding="utf-8")
    settings = Settings(data=tmp_path / "data", ephemeral=True, scenario=str(file))
    registry = Registry.open(settings, seed)
    with registry.default.connect() as connection:
        references = sa.select(QueueItem.reference).order_by(QueueItem.reference)
        found = connection.scalars(references).all()
    registry.close()
    assert found == ["INV-0001", "INV-0002", "INV-0003"]


# --- the README's commands, which .ci/run takes out of it ------------------------------------

_FIRST = "python3 -m venv .venv && .venv/bin/pip install"


def test_the_readme_has_one_line_that_runs_and_one_that_tests() -> None:
    lines = [
        line
        for line in text_of(ROOT / "README.md").splitlines()
        if line.startswith(f"    {_FIRST}")
    ]
    runs, tests = lines
    assert runs == f"    {_FIRST} . && .venv/bin/concertmaster serve"
    assert tests == f"    {_FIRST} -e '.[dev]' && .venv/bin/python -m pytest"


def test_ci_finds_the_test_command() -> None:
    script = text_of(ROOT / ".ci" / "run")
    found = re.search(r"sed -n 's/\^    \\\((.*?)\\\)\$", script)
    assert found, ".ci/run takes the command out of README.md with sed"
    pattern = found[1].replace("\\.", r"\.")
    lines = re.findall(rf"^    ({pattern})$", text_of(ROOT / "README.md"), re.MULTILINE)
    assert len(lines) == 1


def test_the_readme_says_whose_it_is_not() -> None:
    beginning = text_of(ROOT / "README.md")[:700]
    assert "not affiliated with UiPath" in " ".join(beginning.split()).replace("Not", "not")


def test_every_decision_is_in_the_index() -> None:
    folder = DOCS / "adr"
    index = text_of(folder / "README.md")
    numbered = sorted(path.name for path in folder.glob("0*.md"))
    assert [int(name[:4]) for name in numbered] == list(range(1, len(numbered) + 1))
    assert all(f"({name})" in index for name in numbered)
