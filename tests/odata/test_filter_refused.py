"""What is ill-formed, ill-typed or out of bounds is refused with the reason, never an exception."""

import contextlib
import random
import string

import pytest
import sqlalchemy as sa
import toy
from filter_cases import CASES
from toy import Ask

from concertmaster.odata.errors import InvalidQuery
from concertmaster.odata.filter import Limits, bind_filter, bind_orderby, values_of
from concertmaster.odata.lexer import shape_of

EXPRESSION = "Expression expected at position"
SYNTAX = "Syntax error at position"
UNKNOWN = "An unknown function with name"
SIGNATURE = "No function signature for the function with name"
BINARY = "A binary operator with incompatible types was detected. Found operand types"
SINGLE = "The $filter expression must evaluate to a single boolean value."
NO_PROPERTY = "Could not find a property named"
DEEP = "Recursion depth exceeded allowed limit."

REFUSED = [
    ("", f"{EXPRESSION} 0 in ''."),
    ("   ", f"{EXPRESSION} 3 in '   '."),
    ("Priority", SINGLE),
    ("Priority eq", f"{EXPRESSION} 11 in 'Priority eq'."),
    ("eq 3", f"{SYNTAX} 4 in 'eq 3'."),
    ("Priority eq 3 and", f"{EXPRESSION} 17"),
    ("Priority eq 3)", f"{SYNTAX} 14"),
    ("(Priority eq 3", "')' or operator expected at position 14 in '(Priority eq 3'."),
    ("contains(Info,'a'", "')' or ',' expected at position 17"),
    ("Priority == 3", SYNTAX),
    ("Priority = 3", SYNTAX),
    (
        "Priority eq !",
        "Syntax error: character '!' is not valid at position 12 in 'Priority eq !'.",
    ),
    ("Priority eq 'abc", "There is an unterminated string literal at position 16"),
    ('Priority eq "abc"', "Syntax error: character '\"' is not valid at position 12"),
    ("Priority eq 3; drop table jobs", SYNTAX),
    ("Priority eq 'abc'", f"{BINARY} 'Edm.Int32' and 'Edm.String' for operator kind 'Equal'."),
    ("Id eq '5x'", f"{BINARY} 'Edm.Int64' and 'Edm.String' for operator kind 'Equal'."),
    ("Id in ('5','x')", f"{BINARY} 'Edm.Int64' and 'Edm.String'"),
    ("Key eq 'x'", f"{BINARY} 'Edm.Guid' and 'Edm.String' for operator kind 'Equal'."),
    ("Info eq 5", f"{BINARY} 'Edm.String' and 'Edm.Int32' for operator kind 'Equal'."),
    ("Active eq 1", f"{BINARY} 'Edm.Boolean' and 'Edm.Int32' for operator kind 'Equal'."),
    ("Active gt 'x'", f"{BINARY} 'Edm.Boolean' and 'Edm.String' for operator kind 'GreaterThan'."),
    ("Active gt false", f"{BINARY} 'Edm.Boolean' and 'Edm.Boolean'"),
    ("Info add 'x' eq 'y'", f"{BINARY} 'Edm.String' and 'Edm.String' for operator kind 'Add'."),
    ("Priority and Active", f"{BINARY} 'Edm.Boolean' and 'Edm.Int32' for operator kind 'And'."),
    ("State eq Rights", f"{BINARY} 'Toy.Server.JobState' and 'Toy.Server.Rights'"),
    ("State has Rights'View'", BINARY),
    ("Priority has 1", f"{BINARY} 'Edm.Int32' and 'Edm.Int32' for operator kind 'Has'."),
    ("State eq 1.5", BINARY),
    ("CreationTime add CreationTime gt now()", BINARY),
    ("CreationTime add 1 gt now()", BINARY),
    ("not Info", "A unary operator with an incompatible type was detected."),
    ("-Info eq 'x'", "A unary operator with an incompatible type was detected."),
    ("'abc'", SINGLE),
    ("5", SINGLE),
    ("null", SINGLE),
    ("Robot", SINGLE),
    ("Robot eq 5", BINARY),
    ("Robot eq OwnerRobot", BINARY),
    ("Robot gt Robot", BINARY),
    ("contains(Info)", SIGNATURE),
    (
        "contains(Info,'a','b')",
        (
            f"{SIGNATURE} 'contains' matches the specified arguments. The function signatures "
            "considered are: contains(Edm.String Nullable=true, Edm.String Nullable=true)."
        ),
    ),
    ("contains(Info,5)", SIGNATURE),
    ("contains(Priority,'1')", SIGNATURE),
    ("contains(State,'1')", SIGNATURE),
    ("length(Priority) eq 1", SIGNATURE),
    ("year(Info) eq 1", SIGNATURE),
    ("year(2018) eq 1", SIGNATURE),
    ("contains(Info,)", EXPRESSION),
    ("nosuch(Info)", f"{UNKNOWN} 'nosuch' was found. This may also be a function import"),
    ("substringof('abc',Info)", f"{UNKNOWN} 'substringof'"),
    ("Robot/contains(Info,'a')", UNKNOWN),
    ("Priority foo 3", f"{SYNTAX} 12 in 'Priority foo 3'."),
    ("Priority eq 3 Priority eq 4", f"{SYNTAX} 22"),
    ("not", f"{EXPRESSION} 3"),
    ("now", f"{NO_PROPERTY} 'now' on type 'Toy.Server.JobDto'."),
    ("Id eq 1 and ()", f"{EXPRESSION} 13"),
    ("(Id, 1) eq 5", SYNTAX),
    ("Id eq (1,2)", SYNTAX),
    ("Info%20eq%20'abc'", "Syntax error: character '%' is not valid at position 4"),
    ("Info eq 'x\\'' or 1 eq 1", "There is an unterminated string literal"),
    # names
    ("NoSuch eq 1", f"{NO_PROPERTY} 'NoSuch' on type 'Toy.Server.JobDto'."),
    ("Robot/NoSuch eq 1", f"{NO_PROPERTY} 'NoSuch' on type 'Toy.Server.RobotDto'."),
    ("Info/Name eq 'x'", f"{NO_PROPERTY} 'Name' on type 'Edm.String'."),
    ("metadata eq 1", NO_PROPERTY),
    ("registry eq 1", NO_PROPERTY),
    ("__class__ eq 1", NO_PROPERTY),
    ("__table__ eq 1", NO_PROPERTY),
    ("robot_id eq 1", NO_PROPERTY),
    ("Hidden eq 'x'", NO_PROPERTY),
    ("SecretTags/any()", NO_PROPERTY),
    ("Ns.Derived/Priority eq 3", NO_PROPERTY),
    ("$count gt 1", NO_PROPERTY),
    ("$root/Jobs eq 1", NO_PROPERTY),
    ("Private eq 'x'", "The property 'Private' cannot be used in the $filter query option."),
    ("Password eq 'x'", "The property 'Password' cannot be used in the $filter query option."),
    ("Blob eq null", "The property 'Blob' cannot be used in the $filter query option."),
    # collections
    ("any(x:x eq 1)", "Any/All may only be used following a collection."),
    ("Info/any(x:x eq 1)", "Any/All may only be used following a collection."),
    ("Robot/any(x:x/Id eq 1)", "Any/All may only be used following a collection."),
    ("Tags eq 1", "The operand for a binary operator"),
    ("Tags/Name eq 'x'", "The parent value for a property access of a property 'Name'"),
    ("Tags/all()", EXPRESSION),
    ("Tags/any(t:t/Weight)", "The Any/All query expression must evaluate to a single boolean"),
    ("Tags/any(t:x/Weight eq 1)", NO_PROPERTY),
    ("Tags/any(t:Tags/any(t:true))", "The range variable 't' has already been declared."),
    ("Tags/any(t/Weight eq 1)", EXPRESSION),
    ("Tags/$count($top=1) gt 0", SYNTAX),
    ("Robot/$count gt 0", "The path 'Robot' is not a collection."),
    # literals
    ("State eq 'Nope'", "The string 'Nope' is not a valid enumeration type constant."),
    ("State eq 99", "The string '99' is not a valid enumeration type constant."),
    ("State in ('Faulted','Nope')", "The string 'Nope' is not a valid enumeration type constant."),
    ("State eq NoSuch'Running'", "Unrecognized 'Edm.String' literal"),
    ("Key eq guid'00000000-0000-0000-3333-333333333333'", "Unrecognized 'Edm.String' literal"),
    ("CreationTime ge datetime'2018-01-17T00:00:00'", "Unrecognized 'Edm.String' literal"),
    ("CreationTime ge 2018-01-17T00:00:00", "The DateTimeOffset text '2018-01-17T00:00:00' should"),
    ("CreationTime ge 2018-13-45T00:00:00Z", "The DateTimeOffset text"),
    ("CreationTime ge 2018-02-30T00:00:00Z", "The DateTimeOffset text"),
    ("CreationTime lt 0001-01-01T00:00:00+02:00", "The DateTimeOffset text"),
    ("Due eq 2018-02-30", "Unrecognized 'Edm.Date' literal"),
    ("Tod eq 25:00:00", "Unrecognized 'Edm.TimeOfDay' literal"),
    ("Dur eq duration'P'", "Unrecognized 'Edm.Duration' literal"),
    ("Dur eq duration'P99999999D'", "Unrecognized 'Edm.Duration' literal"),
    ("Priority eq 99999999999999999999999999", "Unrecognized 'Edm.Int64' literal"),
    (f"Priority eq {'9' * 5000}", "Unrecognized 'Edm.Int64' literal"),
    ("matchesPattern(Info,'(a+)+$')", "The pattern ''(a+)+$'' is not supported"),
    ("matchesPattern(Info,'[z-a]')", "The pattern"),
    ("matchesPattern(Info,Info)", "The pattern of 'matchesPattern' has to be a literal."),
    ("cast(Score,Edm.String) eq '1'", "A value of type 'Edm.Double' cannot be cast"),
    ("cast(Info) eq '1'", "A value of type"),
    ("isof(Info,Edm.NoSuch)", "The type 'Edm.NoSuch' is not defined in the model."),
    # lists
    ("Priority in", SYNTAX),
    ("Priority in 3", SYNTAX),
    ("State in ('Faulted',)", EXPRESSION),
    ("Priority in (,1)", EXPRESSION),
    ("Priority in (1", SYNTAX),
    ("Priority in [1)", SYNTAX),
    ("Priority in (Id)", EXPRESSION),
    ("Robot in (1)", BINARY),
]


def bound_and_filled(text: str) -> None:
    bound = bind_filter(text, toy.JOB, toy.MODEL)
    values_of(bound.slots, shape_of(text).literals, "f")


@pytest.mark.parametrize(("text", "reason"), REFUSED, ids=[text[:60] for text, _ in REFUSED])
def test_refused(text: str, reason: str) -> None:
    with pytest.raises(InvalidQuery) as refusal:
        bound_and_filled(text)
    assert str(refusal.value).startswith(reason)


def nested(before: str, inner: str, after: str, times: int) -> str:
    return before * times + inner + after * times


DEEPENED = {
    "tolower": lambda n: nested("tolower(", "Info", ")", n) + " eq 'x'",
    "substring": lambda n: nested("substring(", "Info", ",1)", n) + " eq 'x'",
    "floor": lambda n: nested("floor(", "Score", ")", n) + " eq 1",
    "not": lambda n: nested("not(", "Info eq 'x'", ")", n),
    "minus": lambda n: "-" * n + " Priority eq 1",
    "add": lambda n: " add ".join(["Priority"] * n) + " eq 1",
    "mod": lambda n: " mod ".join(["Score"] * n) + " eq 1",
    "div": lambda n: nested("Score div (", "1", ")", n) + " eq 1",
    "eq": lambda n: nested("(Active eq ", "true", ")", n),
    "or": lambda n: " or ".join(["Active"] * n),
    "and in or": lambda n: nested("Active and (Flag or (", "true", "))", n),
    "moments": lambda n: "CreationTime" + " add duration'PT1S'" * n + " lt now()",
    "dates": lambda n: (
        nested("date(", "CreationTime", " add duration'P1D')", 1)
        + " add duration'P1D'" * n
        + " lt 2020-01-01"
    ),
    "parentheses": lambda n: nested("(", "Active", ")", n),
    "path": lambda n: "Parent/" * n + "Id eq 1",
    "lambdas": lambda n: (
        "".join(f"{'' if i == 0 else f'x{i - 1}/'}Children/any(x{i}:" for i in range(n))
        + "true"
        + ")" * n
    ),
    "casts": lambda n: nested("cast(cast(", "Priority", ",Edm.String),Edm.Int32)", n) + " eq 1",
    "in": lambda n: f"Id in ({','.join('1' for _ in range(n))})",
    "string": lambda n: f"Info eq '{'x' * n}'",
    "quotes": lambda n: "'" * n,
    "spaces": lambda n: "Id eq" + " " * n + "5",
    "word": lambda n: "a" * n + " eq 1",
    "dots": lambda n: "a." * n + "b eq 1",
    "digits": lambda n: "1" * n + " eq Id",
    "backslashes": lambda n: 'Info in ["' + "\\a" * n + '"]',
}


@pytest.mark.parametrize("kind", DEEPENED)
@pytest.mark.parametrize("times", [2, 9, 18, 40, 90, 1_000, 100_000])
def test_deep_and_long_texts_are_answered_or_refused(kind: str, times: int, ask: Ask) -> None:
    """None takes time that grows faster than the text: that would end in a test's time-out."""
    try:
        ask(DEEPENED[kind](times))
    except InvalidQuery:
        assert times > 2 or kind in ("quotes", "word", "dots")


def test_limits_have_the_sentences_of_asp_net() -> None:
    with pytest.raises(InvalidQuery, match="The node count limit of '100' has been exceeded"):
        bind_filter(" or ".join(["Id eq 1"] * 26), toy.JOB, toy.MODEL)
    bind_filter(" or ".join(["Id eq 1"] * 25), toy.JOB, toy.MODEL)
    with pytest.raises(InvalidQuery, match=r"\$orderby clauses allowed is '5'"):
        bind_orderby("Id,Id,Id,Id,Id,Id", toy.JOB, toy.MODEL)
    with pytest.raises(InvalidQuery, match="The Any/All nesting limit of '1' has been exceeded"):
        bind_filter(
            "Tags/any(t:t/Job/Tags/any(u:true))",
            toy.JOB,
            toy.MODEL,
            limits=Limits(max_any_all_depth=1),
        )


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", EXPRESSION),
        ("Id,", EXPRESSION),
        ("Id descending", SYNTAX),
        ("Id desc asc", SYNTAX),
        ("NoSuch", NO_PROPERTY),
        ("Robot", "The $orderby expression must evaluate to a single value of primitive type."),
        ("Tags", "The operand"),
        ("Blob", "The property 'Blob' cannot be used in the $orderby query option."),
        ("State eq 'Nope'", "The string 'Nope' is not a valid enumeration type constant."),
    ],
)
def test_orders_refused(text: str, reason: str) -> None:
    with pytest.raises(InvalidQuery) as refusal:
        bind_orderby(text, toy.JOB, toy.MODEL)
    assert str(refusal.value).startswith(reason)


def test_noise_is_refused_or_answered(engine: sa.Engine, ask: Ask) -> None:
    """Known expressions, damaged: never an exception of another kind, never a database error."""
    chance = random.Random(20180115)  # the same noise each time
    pieces = [word for case in CASES for word in case[0].split(" ")]
    letters = string.printable + "żę\u2028\x00"
    for _ in range(1500):
        text = list(chance.choice(CASES)[0])
        for _ in range(chance.randint(1, 3)):
            at = chance.randrange(len(text) + 1)
            match chance.randrange(4):
                case 0:
                    text[at : at + chance.randint(1, 4)] = []
                case 1:
                    text.insert(at, chance.choice(letters))
                case 2:
                    text.insert(at, " " + chance.choice(pieces) + " ")
                case 3:
                    text[at : at + 3] = text[at : at + 3][::-1]
        with contextlib.suppress(InvalidQuery):
            ask("".join(text))
