"""What was asked: paths, query options, preferences, expansions."""

import pytest

from concertmaster.odata.errors import BadRequest, InvalidQuery
from concertmaster.odata.request import (
    Options,
    Segment,
    parse_expand,
    parse_prefer,
    split_list,
    split_path,
)


@pytest.mark.parametrize(
    ("path", "segments"),
    [
        ("", ()),
        ("/", ()),
        ("/Jobs", (Segment("Jobs"),)),
        ("/Jobs(5)", (Segment("Jobs", "5"),)),
        ("/Jobs(5)/Robot/$ref", (Segment("Jobs", "5"), Segment("Robot"), Segment("$ref"))),
        ("/Jobs/Ns.Do()", (Segment("Jobs"), Segment("Ns.Do", ""))),
        ("/Files('a%2Fb')", (Segment("Files", "'a/b'"),)),
        ("/Files('a/b')/Size", (Segment("Files", "'a/b'"), Segment("Size"))),
        ("/Files('it''s')", (Segment("Files", "'it''s'"),)),
        ("/F(a='(',b=')')", (Segment("F", "a='(',b=')'"),)),
        ("/Files(%27a/b%27)", (Segment("Files", "'a/b'"),)),
        ("/Caf%C3%A9", (Segment("Café"),)),
    ],
)
def test_paths(path: str, segments: tuple[Segment, ...]) -> None:
    assert split_path(path) == segments


@pytest.mark.parametrize(
    "path", ["/Jobs(5", "/Jobs(5))", "/Jobs('a)", "/Jobs(5)x", "/%FF", "/Jobs('%FF')"]
)
def test_bad_paths(path: str) -> None:
    with pytest.raises(BadRequest):
        split_path(path)


def test_options_are_told_apart() -> None:
    options = Options.parse("$top=3&$FILTER=Id%20eq+@p&@p=5&custom=x&&$count=TRUE")
    assert options.system == {"$top": "3", "$filter": "Id eq @p", "$count": "TRUE"}
    assert options.aliases == {"@p": "5"}
    assert options.custom == {"custom": "x"}
    assert options.number("$top") == 3
    assert options.number("$skip") is None
    assert options.flag("$count") is True


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("$top=1&$top=2", "more than once"),
        ("$top=1&%24top=2", "more than once"),
        ("$nope=1", r"'\$nope' is not supported"),
        ("orderby=Id", r"must begin with '\$'"),
        ("Filter=Id eq 1", r"must begin with '\$'"),
        ("$filter=%FF", "UTF-8"),
    ],
)
def test_bad_options(query: str, reason: str) -> None:
    with pytest.raises(InvalidQuery, match=reason):
        Options.parse(query)


@pytest.mark.parametrize("text", ["-1", "abc", "1.5", "", "9" * 30, "٣"])
def test_bad_numbers(text: str) -> None:
    with pytest.raises(InvalidQuery, match="non-negative integer"):
        Options(system={"$top": text}).number("$top")


def test_bad_flag() -> None:
    with pytest.raises(InvalidQuery, match="'abc' is not a valid count option"):
        Options(system={"$count": "abc"}).flag("$count")


def test_preferences() -> None:
    assert parse_prefer("return=minimal, odata.maxpagesize=50").representation is False
    assert parse_prefer('RETURN="representation"').representation is True
    assert parse_prefer("maxpagesize=50").max_page_size == 50
    assert parse_prefer("maxpagesize=x, wait=5, nonsense").max_page_size is None


def test_expand_items() -> None:
    items = parse_expand("Robot($select=Name,Id;$expand=License($top=1)), Release")
    assert [item.path for item in items] == ["Robot", "Release"]
    assert items[0].options == {"$select": "Name,Id", "$expand": "License($top=1)"}
    assert items[1].options == {}


@pytest.mark.parametrize(
    "text",
    [
        "Robot(",
        "Robot($select=Name",
        "Robot($select)",
        "Robot)x(",
        "Robot($nope=1)",
        "R($top=1;$top=2)",
    ],
)
def test_bad_expand(text: str) -> None:
    with pytest.raises(InvalidQuery):
        parse_expand(text)


def test_lists_split_at_the_top_only() -> None:
    assert split_list("a, b(c,d), 'e,f'") == ["a", "b(c,d)", "'e,f'"]
