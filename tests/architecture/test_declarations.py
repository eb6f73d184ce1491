"""What the declarations promise: stems, permissions, methods as the known surface has them."""

import re
from pathlib import Path

import pytest

from concertmaster import actions, entities
from concertmaster.app import model, operations
from concertmaster.domain.access import condition
from concertmaster.odata.declare import snake
from concertmaster.odata.operations import KINDS
from concertmaster.surface import operations as surface

ROOT = Path(__file__).parents[2]
METHODS = {kind: method for method, kind in KINDS.items()}
SETS = {entity_set.name: entity_set for entity_set in model()}


@pytest.mark.parametrize("name", SETS)
def test_a_set_lives_in_the_file_of_its_name(name: str) -> None:
    module = SETS[name].type.cls.__module__
    assert module.rpartition(".")[2] == snake(name)


def test_actions_have_the_stems_of_sets() -> None:
    stems = {path.stem for path in Path(actions.__path__[0]).glob("*.py")} - {"__init__"}
    known = {path.stem for path in Path(entities.__path__[0]).glob("*.py")} | {"queues"}
    assert stems <= known


@pytest.mark.parametrize("name", SETS)
def test_a_set_answers_the_methods_of_the_surface(name: str) -> None:
    known = set()
    for operation in surface():
        if re.fullmatch(rf"/odata/{name}(\('?\{{\w+\}}'?\))?", operation.path):
            known.add(operation.method)
    extra = SETS[name].declaration.methods - known
    assert not extra - {"GET"}, f"{name} answers {extra}, which the product does not"


@pytest.mark.parametrize("operation", operations().all, ids=lambda o: f"{o.set_name}.{o.name}")
def test_an_operation_is_documented_and_its_permission_reads(operation: object) -> None:
    assert operation.doc, "an operation needs a docstring: it is its documentation"  # type: ignore[attr-defined]
    condition(operation.host.get("permission", ""))  # type: ignore[attr-defined]


def _known(name: str, set_name: str | None, method: str, on_entity: bool) -> object | None:
    for operation in surface():
        path = operation.path.lower()
        start = f"/odata/{set_name}".lower()
        keyed = path.startswith(start + "(")
        if operation.method == method and path.startswith(start) and keyed == on_entity:
            last = path.rsplit("/", 1)[-1].partition("(")[0]
            if last in (name.lower(), name.rpartition(".")[2].lower()):
                return operation
    return None


@pytest.mark.parametrize("operation", operations().all, ids=lambda o: f"{o.set_name}.{o.name}")
def test_an_operation_asks_the_permission_of_the_surface(operation: object) -> None:
    method = METHODS[operation.kind]  # type: ignore[attr-defined]
    known = _known(operation.qualified, operation.set_name, method, operation.on_entity)  # type: ignore[attr-defined]
    assert known is not None, "not in surface/operations.tsv"
    if known.permissions:  # type: ignore[attr-defined]
        names = set(re.findall(r"\w+\.\w+", known.permissions))  # type: ignore[attr-defined]
        asked = set(re.findall(r"\w+\.\w+", operation.host.get("permission", "")))  # type: ignore[attr-defined]
        assert asked <= names or not asked, f"asks {asked}, the product asks {names}"
