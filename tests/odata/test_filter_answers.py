"""Every expression with a known answer gives it, on every database, in one statement's time."""

import pytest
from filter_cases import CASES
from toy import Ask


@pytest.mark.parametrize("case", CASES, ids=[case[0] for case in CASES])
def test_answer(case: tuple[str, ...], ask: Ask) -> None:
    expression, answer, *folded = case
    assert ask(expression, ignore_case=False) == [int(i) for i in answer.split()]
    assert ask(expression) == [int(i) for i in (folded[0] if folded else answer).split()]


@pytest.mark.parametrize(
    ("orderby", "first", "last"),
    [
        ("Priority desc", [12, 11, 10], [3, 2, 1]),
        ("EndTime", [1, 4, 7, 10], [9, 11, 12]),
        ("EndTime desc", [12, 11, 9], [1, 4, 7, 10]),
        ("Info desc", [11, 8, 3], [7, 9, 1]),
        ("info", [1, 9, 7, 5, 4, 6, 2, 12, 10, 3], [8, 11]),
        ("length(Info) desc,Id desc", [8], [9, 1]),
        ("Robot/Name desc,Priority", [1, 5, 9, 4], [3, 7, 11]),
        ("RobotName desc,Priority", [1, 5, 9, 4], [3, 7, 11]),
        ("Priority mod 3 desc, Id asc", [4, 7, 10], [8, 11, 1]),
        ("indexof(Info,'c') desc,Id", [5, 3, 2, 6, 12], [1]),
        ("Tags/$count desc,Id", [2, 3, 6, 1], [12]),
        ("contains(Info,'ABC') desc,Id", [2, 3, 12, 1], []),
        ("State eq 'Faulted' desc,Id desc", [12, 5, 11], [1]),
        ("Flag desc,Id", [1, 4, 7, 10, 2], [3, 6, 9, 12]),
        ("CreationTime add duration'P1D' desc", [12, 11], [1]),
    ],
)
def test_order(orderby: str, first: list[int], last: list[int], ask: Ask) -> None:
    found = ask(orderby=orderby)
    assert len(found) == 12
    assert found[: len(first)] == first
    assert found[len(found) - len(last) :] == last


def test_aliases_stand_for_values_and_lists(ask: Ask) -> None:
    aliases = {"@p": "'abc'", "@ids": "(1,2)", "@low": "3", "@t": "Priority gt 8 or Id eq 1"}
    assert ask("Info eq @p", aliases=aliases) == [2]
    assert ask("info eq @P and Id in @ids", aliases=aliases) == [2]
    assert ask("Priority eq @low or Id eq 1", aliases=aliases) == [1, 5]
    assert ask("Active and @t", aliases=aliases) == [1, 11]
    assert ask("Info eq @nothing", aliases=aliases) == [1]
    assert ask("Info eq '@p'", aliases=aliases) == []


def test_characters_that_no_database_holds_match_nothing(ask: Ask) -> None:
    assert ask("Info eq 'a\x00b'") == []
    assert ask("contains(Info,'\x00')") == []
    assert ask("Info eq '\ud800'") == []
    assert ask("Info ne '\x00'") == list(range(1, 13))


def test_names_and_types_may_come_in_any_case(ask: Ask) -> None:
    assert ask("priority EQ 3 AND NOT CONTAINS(INFO,'zz')") == [5]
    assert ask("robot/name eq 'Robot749' and TAGS/ANY(T:t/weight gt 1)") == []
    assert ask("state eq toy.server.JOBSTATE'faulted'") == [5, 12]
