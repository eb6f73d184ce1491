"""Malformed and hostile input, some thousands of requests: 4xx in Orchestrator's shape, never 500.

Whatever is sent, the answer is JSON with `message` and `errorCode` (or a good answer, where the
noise happened to be valid), and nothing is written by a request that was refused.
"""

import os
import string
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from concertmaster.app import model, operations
from stand_in import Client, StandIn

SETS = sorted(entity_set.name for entity_set in model())
PROPERTIES = sorted(
    {name for t in model().types.values() for name in (*t.properties, *t.navigations)}
)
ACTIONS = sorted(
    f"{o.set_name}{'(1)' if o.on_entity else ''}/{o.qualified}"
    for o in operations().all
    if o.kind == "action" and o.set_name
)
FUNCTIONS = sorted(
    f"{o.set_name}{'(1)' if o.on_entity else ''}/{o.qualified}"
    for o in operations().all
    if o.kind == "function" and o.set_name
)

#: For each test; few by default, CONCERTMASTER_TEST_LONG=1 for many.
EXAMPLES = 600 if os.environ.get("CONCERTMASTER_TEST_LONG") else 100

quick = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

text = st.text(max_size=30)
WORDS = [
    "eq",
    "ne",
    "and",
    "or",
    "not",
    "in",
    "any(x:",
    "all",
    "(",
    ")",
    ",",
    "/",
    "'",
    "''",
    "null",
    "true",
    "1",
    "-1",
    "99999999999999999999",
    "1e999",
    "2020-01-01T00:00:00Z",
    "2020-13-45",
    "00000000-0000-0000-0000-000000000000",
    "contains(",
    "length(",
    "year(",
    "$count",
    "$it",
    "@p",
    "'%'",
    "add",
    "div",
    "mod",
    "0",
    "duration'P1D'",
    "has",
    "desc",
    "asc",
    "*",
    "$select=",
    ";",
    "cast(",
    "Edm.String",
    "--",
    "/*",
    "concat(",
    "substring(",
    "now()",
]
WORDS = """
    eq ne and or not in any(x: all ( ) , / ' '' null true 1 -1 99999999999999999999 1e999
    2020-01-01T00:00:00Z 2020-13-45 00000000-0000-0000-0000-000000000000 contains( length( year(
    $count $it @p '%' add div mod 0 duration'P1D' has desc asc * $select= ; cast( Edm.String
    -- /* concat( substring( now()
"""
fragments = st.sampled_from([*PROPERTIES, *WORDS.split(), "\x00", "é", "日", "\ud7ff"])
soup = st.lists(fragments, max_size=12).map(" ".join)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(text, inner, max_size=4),
    max_leaves=8,
)


def check(answer: Any) -> None:
    assert answer.status_code < 500 or answer.status_code == 501, answer.text
    if answer.status_code >= 400:
        body = answer.json()
        assert isinstance(body["message"], str)
        assert isinstance(body["errorCode"], int)
        assert "Traceback" not in answer.text


@pytest.fixture(scope="module")
def target(start_stand_in: Any) -> StandIn:
    return start_stand_in("demo")  # type: ignore[no-any-return]


@pytest.fixture(scope="module")
def attacker(target: StandIn) -> Client:
    return target.client(folder="Shared")


@quick
@given(
    name=st.sampled_from(SETS),
    option=st.sampled_from(["$filter", "$orderby", "$select", "$expand"]),
    value=soup | text,
)
def test_query_options(attacker: Client, name: str, option: str, value: str) -> None:
    encoded = quote(value.encode("utf-8", "surrogatepass"))
    check(attacker.get(f"/odata/{name}?{option}={encoded}&$top=1"))


@quick
@given(name=st.sampled_from(SETS), query=st.text(alphabet=string.printable, max_size=60))
def test_query_strings(attacker: Client, name: str, query: str) -> None:
    check(attacker.get(f"/odata/{name}?" + quote(query, safe="&=$@%+'(),;/?:! ")))


@quick
@given(
    path=st.lists(
        text | st.sampled_from([*SETS, "$count", "$value", "$metadata", "(1)", "..", "Jobs(1)"]),
        max_size=4,
    )
)
def test_paths(attacker: Client, path: list[str]) -> None:
    encoded = "/".join(quote(part.encode("utf-8", "surrogatepass"), safe="()$'=,") for part in path)
    check(attacker.get(f"/odata/{encoded}"))


@quick
@given(name=st.sampled_from(SETS), key=text | soup | st.integers().map(str))
def test_keys(attacker: Client, name: str, key: str) -> None:
    check(attacker.get(f"/odata/{name}({quote(key.encode('utf-8', 'surrogatepass'))})"))


@quick
@given(name=st.sampled_from(FUNCTIONS), arguments=text | soup)
def test_functions(attacker: Client, name: str, arguments: str) -> None:
    encoded = quote(arguments.encode("utf-8", "surrogatepass"))
    check(attacker.get(f"/odata/{name}({encoded})"))


@quick
@given(
    name=st.sampled_from(SETS),
    body=st.dictionaries(st.sampled_from(PROPERTIES) | text, values, max_size=6),
)
def test_bodies(attacker: Client, name: str, body: dict[str, Any]) -> None:
    check(_send(attacker, "POST", f"/odata/{name}", body))
    check(_send(attacker, "PATCH", f"/odata/{name}(987654321)", body))


@quick
@given(name=st.sampled_from(ACTIONS), body=values)
def test_actions(attacker: Client, name: str, body: Any) -> None:
    check(_send(attacker, "POST", f"/odata/{name}", body))


@quick
@given(
    name=st.sampled_from(ACTIONS),
    member=st.sampled_from(
        [
            "startInfo",
            "itemData",
            "transactionData",
            "transactionResult",
            "queueItems",
            "jobIds",
            "robotIds",
            "strategy",
            "queueName",
            "commitType",
            "userId",
            "assetName",
            "robotKey",
            "jobId",
            "jobKey",
        ]
    ),
    value=values,
)
def test_members_of_actions(attacker: Client, name: str, member: str, value: Any) -> None:
    check(_send(attacker, "POST", f"/odata/{name}", {member: value}))


@settings(quick, max_examples=EXAMPLES // 2)
@given(raw=st.binary(max_size=60), name=st.sampled_from(SETS))
def test_raw_bodies(attacker: Client, raw: bytes, name: str) -> None:
    check(
        attacker.request(
            "POST", f"/odata/{name}", content=raw, headers={"content-type": "application/json"}
        )
    )


@settings(quick, max_examples=EXAMPLES // 2)
@given(
    header=st.sampled_from(
        [
            "x-uipath-organizationunitid",
            "x-uipath-folderkey",
            "x-uipath-folderpath",
            "x-uipath-folderpath-encoded",
            "authorization",
            "prefer",
            "if-match",
            "accept",
            "x-uipath-tenantname",
            "host",
        ]
    ),
    value=st.text(alphabet=string.printable.strip(), max_size=40)
    | st.sampled_from(
        [
            "[object Object]",
            "-1",
            "99999999999999999999999",
            "Lw==",
            "LwAv",
            "Bearer",
            "UiRobot",
            "UiRobot x",
            "Bearer a.b.c",
            "Basic YTpi",
            'W/"*"',
            "application/json;odata.metadata=none",
        ]
    ),
)
def test_headers(attacker: Client, header: str, value: str) -> None:
    headers = {
        k: v
        for k, v in attacker.headers.items()
        if header != "authorization" or k != "authorization"
    }
    if "x-uipath" in header:
        headers.pop("x-uipath-folderpath", None)
    headers[header] = value
    check(attacker.stand_in.http.get("/odata/Jobs?$top=1", headers=headers))


def _send(client: Client, method: str, path: str, body: Any) -> Any:
    import json

    content = json.dumps(body).encode("utf-8", "surrogatepass")
    return client.request(
        method, path, content=content, headers={"content-type": "application/json"}
    )


@pytest.mark.parametrize(
    "url",
    [
        "/odata/Jobs?$filter=" + "(" * 5000 + "Id eq 1" + ")" * 5000,
        "/odata/Jobs?$filter=" + " or ".join(["Id eq 1"] * 500),
        "/odata/Jobs?$filter=" + "not " * 3000 + "true",
        "/odata/Jobs?$filter=Info eq '" + "x" * 60_000 + "'",
        "/odata/Jobs?$filter=Id in (" + ",".join(["1"] * 6000) + ")",
        "/odata/Jobs?$filter=" + "tolower(" * 200 + "Info" + ")" * 200 + " eq 'a'",
        "/odata/Jobs?$filter=matchesPattern(Info,'(a+)+$')",
        "/odata/Jobs?$select=" + ",".join(["Id"] * 5000),
        "/odata/Jobs?$expand=" + "Robot($expand=" * 200 + ")" * 200,
        "/odata/Jobs?$filter=Id div 0 eq 1 or Id mod 0 eq 1",
        "/odata/Jobs(" + "9" * 5000 + ")",
        "/odata/Jobs?$skip=999999999999999999",
        "/odata/Folders?$filter=DisplayName eq 'a\x00b'",
        "/odata/" + "a/" * 3000,
    ],
    ids=range(14),
)
def test_large_and_deep(attacker: Client, url: str) -> None:
    check(attacker.get(quote(url, safe="/?&=$(),':")))


def test_nothing_was_written(target: StandIn, attacker: Client) -> None:
    """Refused bodies leave no row: what the noise made must have been accepted with a 201."""
    before = attacker.get("/odata/QueueDefinitions/$count").text
    for body in (
        {"Name": "x" * 60},
        {"Name": None},
        {"Name": {"a": 1}},
        {"Name": "ok", "MaxNumberOfRetries": "many"},
    ):
        assert attacker.post("/odata/QueueDefinitions", body).status_code == 400
    assert attacker.get("/odata/QueueDefinitions/$count").text == before


@pytest.mark.parametrize("method", ["OPTIONS", "TRACE", "PURGE", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize(
    "path",
    ["", "$metadata", "Jobs", "Jobs(1)/Robot", "Nope"]
    + [
        f"Jobs/UiPath.Server.Configuration.OData.{name}"
        for name in ("StartJobs", "GetByKey(identifier=1)")
    ],
)
def test_methods_that_nothing_answers(attacker: Client, method: str, path: str) -> None:
    answer = attacker.request(method, f"/odata/{path}")
    assert answer.status_code in (404, 405, 501)
    check(answer)
