"""Random expressions of $filter that know their own answer, reckoned in Python from the toy's rows.

Written from the standard and not from the translation: null spreads through arithmetic and
functions, comparisons and predicates of null are false (`eq` and `ne` compare with it), `and`,
`or` and `not` know unknown. Fractions are quarters, so that no engine rounds.
"""

import datetime as dt
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import toy
from hypothesis import strategies as st

Scope = dict[str, Any]


@dataclass(frozen=True)
class Said:
    """A piece of $filter and what it comes to; `whole` tells integers from fractions."""

    text: str
    reckon: Callable[[Scope], Any]
    whole: bool = True

    def __repr__(self) -> str:
        return self.text


# --- rows ---------------------------------------------------------------------------------


def _by_id(rows: list[toy.Row]) -> dict[Any, toy.Row]:
    return {row["id"]: row for row in rows}


_TABLES = {
    "robot": _by_id(toy.ROBOTS), "owner_robot": _by_id(toy.ROBOTS), "parent": _by_id(toy.JOBS),
    "release": _by_id(toy.RELEASES), "environment": _by_id(toy.ENVIRONMENTS),
}  # fmt: skip


def _follow(row: toy.Row | None, path: str) -> Any:
    """`Robot/Name` of a row."""
    *hops, last = path.split("/")
    for hop in hops:
        name = toy_name(hop)
        row = _TABLES[name].get(row[f"{name}_id"]) if row else None
    return row[toy_name(last)] if row else None


def toy_name(name: str) -> str:
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_")


def _property(path: str, whole: bool = True, variable: str = "") -> Said:
    text = f"{variable}/{path}" if variable else path
    return Said(text, lambda scope: _follow(scope[variable or "$it"], path), whole)


def _of(paths: str, whole: bool = True, variable: str = "") -> list[Said]:
    return [_property(path, whole, variable) for path in paths.split()]


# --- values -------------------------------------------------------------------------------


def _quoted(text: str) -> Said:
    return Said("'" + text.replace("'", "''") + "'", lambda scope: text)


def _lifted(text: str, function: Callable[..., Any], *parts: Said, whole: bool = True) -> Said:
    """A function that null spreads through."""

    def reckon(scope: Scope) -> Any:
        values = [part.reckon(scope) for part in parts]
        return None if None in values else function(*values)

    return Said(text, reckon, whole)


def _upper(text: str) -> str:
    return "".join(c.upper() if c.isascii() else c for c in text)


def fold(text: str) -> str:
    return "".join(c.lower() if c.isascii() else c for c in text)


def _substring(text: str, start: int, length: int | None = None) -> str:
    start = max(len(text) + start, 0) if start < 0 else start
    rest = text[start:]
    return rest if length is None else rest[: max(length, 0)]


WORDS = ["abc", "ABC", "", "%", "_", "a_c", "O'Brian", "robot749", "Robot750", "ż", "本", "n", " "]
TEXTS = _of("Info StateName Robot/Name Robot/MachineName OwnerRobot/Name Parent/Info Robot/Type")


def _texts_over(inner: st.SearchStrategy[Said]) -> st.SearchStrategy[Said]:
    spot = st.integers(-8, 8)
    return st.one_of(
        inner.map(lambda a: _lifted(f"tolower({a})", fold, a)),
        inner.map(lambda a: _lifted(f"ToUpper({a})", _upper, a)),
        inner.map(lambda a: _lifted(f"trim({a})", str.strip, a)),
        st.tuples(inner, inner).map(
            lambda ab: _lifted(f"concat({ab[0]},{ab[1]})", lambda a, b: a + b, *ab)
        ),
        st.tuples(inner, spot).map(
            lambda ai: _lifted(f"substring({ai[0]},{ai[1]})", lambda a: _substring(a, ai[1]), ai[0])
        ),
        st.tuples(inner, spot, spot).map(
            lambda t: _lifted(
                f"substring({t[0]},{t[1]},{t[2]})", lambda a: _substring(a, t[1], t[2]), t[0]
            )
        ),
    )


texts = st.recursive(
    st.sampled_from(TEXTS) | st.sampled_from([_quoted(word) for word in WORDS]),
    _texts_over,
    max_leaves=3,
)


def _divided(a: float, b: float, whole: bool) -> float | None:
    if b == 0:
        return None
    return math.trunc(a / b) if whole else a / b


def _remainder(a: float, b: float) -> float | None:
    return None if b == 0 else a - b * math.trunc(a / b)


def _half_away(a: float) -> float:
    return math.copysign(math.floor(abs(a) + 0.5), a)


def _arithmetic(parts: tuple[Said, str, Said]) -> Said:
    left, operator, right = parts
    whole = left.whole and right.whole
    reckon: dict[str, Callable[[Any, Any], Any]] = {
        "add": lambda a, b: a + b,
        "sub": lambda a, b: a - b,
        "mul": lambda a, b: a * b,
        "div": lambda a, b: _divided(a, b, whole),
        "mod": _remainder,
    }
    return _lifted(f"({left} {operator} {right})", reckon[operator], left, right, whole=whole)


def _numbers_over(inner: st.SearchStrategy[Said]) -> st.SearchStrategy[Said]:
    halves = st.sampled_from([Said(str(n), lambda s, n=n: n) for n in (-2, 0, 2, 4)])
    return st.one_of(
        st.tuples(inner, st.sampled_from(["add", "sub", "mul"]), inner).map(_arithmetic),
        st.tuples(inner, st.sampled_from(["div", "mod"]), halves).map(_arithmetic),
        inner.map(lambda a: _lifted(f"-({a})", lambda v: -v, a, whole=a.whole)),
        inner.map(lambda a: _lifted(f"round({a})", _half_away, a, whole=a.whole)),
        inner.map(lambda a: _lifted(f"floor({a})", math.floor, a, whole=a.whole)),
        inner.map(lambda a: _lifted(f"ceiling({a})", math.ceil, a, whole=a.whole)),
    )


def _tags(scope: Scope) -> list[toy.Row]:
    return [tag for tag in toy.TAGS if tag["job_id"] == scope["$it"]["id"]]


_measures = st.one_of(
    texts.map(lambda a: _lifted(f"length({a})", len, a)),
    st.tuples(texts, texts).map(
        lambda ab: _lifted(f"indexof({ab[0]},{ab[1]})", lambda a, b: fold(a).find(fold(b)), *ab)
    ),
    st.sampled_from([("year", 0, 4), ("month", 5, 7), ("hour", 11, 13), ("second", 17, 19)]).map(
        lambda part: _lifted(
            f"{part[0]}(EndTime)", lambda v: int(v[part[1] : part[2]]), _property("EndTime")
        )
    ),
    st.just(Said("Tags/$count", lambda scope: len(_tags(scope)))),
)

numbers = st.recursive(
    st.one_of(
        st.sampled_from(
            _of("Priority Id Attempts Robot/Id Parent/Priority Release/Environment/Id")
        ),
        st.sampled_from(_of("Score Cost Parent/Score", whole=False)),
        st.integers(-12, 12).map(lambda n: Said(str(n), lambda scope: n)),
        st.integers(-40, 40).map(lambda n: Said(f"{n / 4}", lambda scope: n / 4, False)),
        _measures,
    ),
    _numbers_over,
    max_leaves=4,
)


# --- moments ------------------------------------------------------------------------------

TICK = 10_000_000


def _ticks(text: str) -> int:
    moment = dt.datetime.fromisoformat(text[:19] + "+00:00")
    return int(moment.timestamp()) * TICK + int(text[20:27])


def _written(ticks: int) -> str:
    moment = dt.datetime.fromtimestamp(ticks // TICK, dt.UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{ticks % TICK:07}Z"


_durations = st.integers(-200_000, 200_000).map(
    lambda s: Said(
        f"duration'{'-' if s < 0 else ''}PT{abs(s) // 4}.{abs(s) % 4 * 25:02}S'",
        lambda scope: s * TICK // 4,
    )
)
_given_moments = st.sampled_from([
    ("2018-01-17", "2018-01-17T00:00:00.0000000Z"),
    ("2018-01-16T19:00:00-05:00", "2018-01-17T00:00:00.0000000Z"),
    ("2018-01-16T01:18:02.79Z", "2018-01-16T01:18:02.7900000Z"),
    ("2018-01-16T09:18:02.1234567Z", "2018-01-16T09:18:02.1234567Z"),
    ("9999-12-31T23:59:59.9999999Z", "9999-12-31T23:59:59.9999999Z"),
]).map(lambda pair: Said(pair[0], lambda scope: pair[1]))  # fmt: skip
_kept_moments = st.sampled_from(_of("CreationTime StartTime EndTime Parent/EndTime"))
_moved = st.tuples(_kept_moments, st.sampled_from(["add", "sub"]), _durations).map(
    lambda t: _lifted(
        f"({t[0]} {t[1]} {t[2]})",
        lambda a, b: _written(_ticks(a) + (b if t[1] == "add" else -b)),
        t[0],
        t[2],
    )
)
_spans = st.one_of(
    _durations,
    st.just(_property("Dur")),
    st.tuples(_kept_moments, _kept_moments).map(
        lambda ab: _lifted(f"({ab[0]} sub {ab[1]})", lambda a, b: _ticks(a) - _ticks(b), *ab)
    ),
)
_moments = st.one_of(_kept_moments, _moved)
_dates = st.one_of(
    st.just(_property("Due")),
    _moments.map(lambda a: _lifted(f"date({a})", lambda v: v[:10], a)),
)
_given_dates = st.integers(1, 20).map(
    lambda day: Said(f"2018-01-{day:02}", lambda scope: f"2018-01-{day:02}")
)


# --- truth --------------------------------------------------------------------------------

OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": lambda a, b: a == b,
    "ne": lambda a, b: a != b,
    "gt": lambda a, b: a > b,
    "ge": lambda a, b: a >= b,
    "lt": lambda a, b: a < b,
    "le": lambda a, b: a <= b,
}


def _compared(parts: tuple[Said, str, Said]) -> Said:
    left, operator, right = parts

    def reckon(scope: Scope) -> bool:
        a, b = left.reckon(scope), right.reckon(scope)
        a, b = (fold(v) if isinstance(v, str) else v for v in (a, b))
        if operator in ("eq", "ne"):
            return OPERATORS[operator](a, b)
        return a is not None and b is not None and OPERATORS[operator](a, b)

    return Said(f"{left} {operator} {right}", reckon)


def comparisons(*operands: st.SearchStrategy[Said]) -> st.SearchStrategy[Said]:
    left, right = operands[0], st.one_of(*operands)
    return st.tuples(left, st.sampled_from(list(OPERATORS)), right).map(_compared)


NULL = Said("null", lambda scope: None)


def _sought(parts: tuple[str, Said, Said]) -> Said:
    name, text, sought = parts
    find: dict[str, Callable[[str, str], bool]] = {
        "contains": lambda a, b: b in a,
        "startswith": str.startswith,
        "endswith": str.endswith,
    }

    def reckon(scope: Scope) -> bool:
        a, b = text.reckon(scope), sought.reckon(scope)
        return a is not None and b is not None and find[name](fold(a), fold(b))

    return Said(f"{name}({text},{sought})", reckon)


def _listed(parts: tuple[Said, list[str | None]]) -> Said:
    operand, items = parts
    written = ",".join("null" if item is None else _quoted(item).text for item in items)
    wanted = {item and fold(item) for item in items}

    def reckon(scope: Scope) -> bool:
        value = operand.reckon(scope)
        return (value and fold(value)) in wanted

    return Said(f"({operand}) in ({written})", reckon)


def _states(parts: tuple[str, str]) -> Said:
    operator, name = parts
    number = toy.JobState[name]
    return Said(
        f"State {operator} '{name}'",
        lambda scope: OPERATORS[operator](scope["$it"]["state"], number),
    )


def _rights(flags: int) -> Said:
    return Said(
        f"Rights has {flags}",
        lambda scope: (
            scope["$it"]["rights"] is not None and scope["$it"]["rights"] & flags == flags
        ),
    )


def _navigation(name: str) -> Said:
    return Said(f"{name} eq null", lambda scope: _follow(scope["$it"], f"{name}/Id") is None)


def _quantified(parts: tuple[str, Said]) -> Said:
    quantifier, predicate = parts
    judge = any if quantifier == "any" else all

    def reckon(scope: Scope) -> bool:
        return judge(predicate.reckon({**scope, "t": tag}) is True for tag in _tags(scope))

    return Said(f"Tags/{quantifier}(t:{predicate})", reckon)


_of_tag = st.one_of(
    comparisons(
        st.sampled_from(_of("Weight RobotId", variable="t")),
        st.integers(1, 12).map(lambda n: Said(str(n), lambda scope: n)),
        st.just(_property("Priority")),
    ),
    comparisons(
        st.sampled_from(_of("Name Robot/Name Robot/MachineName", variable="t")),
        st.sampled_from([_quoted("tag1"), _quoted("Robot749"), NULL]),
        st.just(_property("Robot/Name")),
    ),
)
_some_texts = texts | st.sampled_from([*map(_quoted, WORDS), NULL])


def _and(a: Any, b: Any) -> Any:
    return False if a is False or b is False else None if a is None or b is None else True


def _not(a: Any) -> Any:
    return None if a is None else not a


def _or(a: Any, b: Any) -> Any:
    return _not(_and(_not(a), _not(b)))


def _joined(parts: tuple[Said, str, Said]) -> Said:
    left, word, right = parts
    judge = _and if word == "and" else _or
    return Said(
        f"({left} {word} {right})", lambda scope: judge(left.reckon(scope), right.reckon(scope))
    )


def _conditions_over(inner: st.SearchStrategy[Said]) -> st.SearchStrategy[Said]:
    grouped = inner.map(lambda a: Said(f"({a})", a.reckon))
    return st.one_of(
        st.tuples(inner, st.sampled_from(["and", "or"]), inner).map(_joined),
        inner.map(lambda a: Said(f"not ({a})", lambda scope: _not(a.reckon(scope)))),
        st.tuples(grouped, st.sampled_from(["eq", "ne"]), grouped).map(_compared),
        grouped.map(lambda a: Said(f"{a} eq null", lambda scope: a.reckon(scope) is None)),
    )


conditions = st.recursive(
    st.one_of(
        comparisons(numbers, st.just(NULL)),
        comparisons(texts, _some_texts),
        comparisons(_moments, _given_moments, st.just(NULL)),
        comparisons(_spans),
        comparisons(_dates, _given_dates, _moments, st.just(NULL)),
        st.tuples(st.sampled_from(["contains", "startswith", "endswith"]), texts, texts).map(
            _sought
        ),
        st.tuples(texts, st.lists(st.sampled_from([*WORDS, None]), max_size=4)).map(_listed),
        st.tuples(
            st.sampled_from(list(OPERATORS)), st.sampled_from([*toy.JobState.__members__])
        ).map(_states),
        st.integers(1, 7).map(_rights),
        st.sampled_from(["Robot", "OwnerRobot", "Parent", "Parent/Robot"]).map(_navigation),
        st.sampled_from(_of("Active Flag Parent/Flag")),
        st.tuples(st.sampled_from(["any", "all"]), _of_tag).map(_quantified),
    ),
    _conditions_over,
    max_leaves=5,
)


def answer(condition: Said) -> list[int]:
    """The ids of the jobs for which a condition is true."""
    return [job["id"] for job in toy.JOBS if condition.reckon({"$it": job}) is True]
