"""The table of known operations is whole, and every request finds its own line in it."""

import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

import pytest

from concertmaster.entities import ALL
from concertmaster.odata.declare import Declaration
from concertmaster.surface import Operation, Surface, find, operations

NS = "UiPath.Server.Configuration.OData"


def test_holds_the_published_description_and_what_clients_call_beside_it() -> None:
    sources = Counter(operation.source for operation in operations())
    assert sources["v20"] == 418
    assert set(sources) == {"v20", "v16", "v11", "client"}


def test_every_line_is_one_call_with_one_name() -> None:
    calls = Counter((operation.method, operation.path.lower()) for operation in operations())
    names = Counter((operation.method, operation.name) for operation in operations())
    assert max(calls.values()) == 1
    assert max(names.values()) == 1


def test_permissions_are_expressions_of_names() -> None:
    name = r"[A-Za-z]+\.(?:View|Create|Edit|Delete)"
    group = rf"(?:{name}|\({name}(?: (?:and|or) {name})*\))"
    expression = re.compile(rf"(?:{group}(?: (?:and|or) {group})*)?")
    for operation in operations():
        assert expression.fullmatch(operation.permissions), operation


def test_scopes_are_a_family_and_one_of_its_halves() -> None:
    for operation in operations():
        if operation.scopes:
            family, half = operation.scopes
            assert half in (f"{family}.Read", f"{family}.Write"), operation


def test_every_operation_finds_itself() -> None:
    for operation in operations():
        quoted = re.sub(r"'\{\w+\}'", "'a/b''(c,d=e)'", operation.path)
        path = re.sub(r"\{\w+\}", "7", quoted)
        assert find(operation.method, path) is operation
        assert find(operation.method.lower(), path.upper()) is operation


@pytest.mark.parametrize(
    ("method", "path", "name"),
    [
        ("GET", "/odata/Jobs", "Jobs_Get"),
        ("GET", "/odata/Jobs/$count", "Jobs_Get"),
        ("GET", "/odata/Jobs(5)", "Jobs_GetById"),
        ("GET", "/odata/Jobs(Id=5)", "Jobs_GetById"),
        ("GET", "/odata/Settings('a.b')", "Settings_GetById"),
        ("POST", f"/odata/Jobs/{NS}.StartJobs", "Jobs_StartJobs"),
        ("POST", f"/odata/Processes/{NS}.UploadPackage()", "Processes_UploadPackage"),
        ("GET", f"/odata/Jobs/{NS}.GetByKey(identifier=@p1)", "Jobs_GetByKeyByIdentifier"),
        ("GET", f"/odata/Jobs/{NS}.GetByKey(identifier='7')", "Jobs_GetByKeyByIdentifier"),
        ("GET", "/api/Buckets/9/ListFiles", "Buckets_ListFiles"),
        ("POST", "/api/robotsservice/heartbeatv2", "RobotsService_HeartbeatV2"),
        ("GET", "/odata/Environments(3)", "Environments_GetById"),
        ("POST", "/api/Account/Authenticate", "Account_Authenticate"),
    ],
)
def test_finds_what_clients_send(method: str, path: str, name: str) -> None:
    found = find(method, path)
    assert found is not None
    assert found.name.startswith(name)


@pytest.mark.parametrize(
    "path",
    ["", "/", "/odata", "/odata/Nothing", "/odata/Jobs(5", "/odata/Jobs)5(", "/odata/Jobs('", "//"],
)
def test_finds_nothing_in_what_means_nothing(path: str) -> None:
    assert find("GET", path) is None


def test_tells_functions_of_one_name_apart_by_their_parameters() -> None:
    one = Operation("GET", "/odata/Shelves/X.Find(a={a})", "one", "", (), "v20")
    two = Operation("GET", "/odata/Shelves/X.Find(a={a},b='{b}')", "two", "", (), "v20")
    surface = Surface([one, two])
    assert surface.find("GET", "/odata/Shelves/X.Find(b='=,',a=1)") is two
    assert surface.find("GET", "/odata/Shelves/X.Find(a=1)") is one


VERBS = {"GET": "View", "POST": "Create", "PUT": "Edit", "PATCH": "Edit", "DELETE": "Delete"}
SETS = [mapped.__odata__ for mapped in ALL if mapped.__odata__.entity_set]

#: Records are published through functions only; reading the set is ours.
UNPUBLISHED = {("QueueProcessingRecords", "GET")}

#: Whoever is assigned to a folder may read it: published as a remark, not as a permission.
WIDER = {("Folders", "GET(key)")}


@pytest.mark.parametrize("declared", SETS, ids=lambda d: d.entity_set)
def test_entity_sets_ask_for_what_was_published(declared: Declaration) -> None:
    name, words = declared.entity_set, declared.host
    for method in sorted(declared.methods):
        many, one = find(method, f"/odata/{name}"), find(method, f"/odata/{name}(1)")
        if many is None and one is None:
            assert (name, method) in UNPUBLISHED
            continue
        for operation, case in ((many, method), (one, f"{method}(key)")):
            if operation is not None:
                assert operation.scopes == _scopes(words.get("scope"), method)
                if (name, case) not in WIDER:
                    assert operation.permissions == _permissions(words, method, case)


def test_entity_sets_answer_all_methods_that_are_published() -> None:
    for declared in SETS:
        for method in VERBS:
            for path in (f"/odata/{declared.entity_set}", f"/odata/{declared.entity_set}(1)"):
                found = find(method, path)
                if found is not None and found.source == "v20":
                    assert method in declared.methods, found


def _scopes(family: str | None, method: str) -> tuple[str, ...]:
    return (family, f"{family}.{'Read' if method == 'GET' else 'Write'}") if family else ()


def _permissions(words: Mapping[str, Any], method: str, case: str) -> str:
    said = words.get("permissions", {})
    if case in said or method in said:
        return str(said.get(case, said.get(method)))
    return f"{words['permission']}.{VERBS[method]}"
