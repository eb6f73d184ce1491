"""Words → syntax tree, through the grammar of odata-query.

Its LALR tables know precedence and nesting. What clients write beyond them (`not(`, `divby`,
`has`, lists of one, `$count(…)`, names that begin with `any`) is put right here, on the way from
the words to the tables: an operator is a word where an operator may stand, anywhere else it is a
name. The way is one pass without recursion; limits hold before the parser sees a token.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from odata_query import ast
from odata_query.exceptions import ODataException
from odata_query.grammar import ODataParser
from sly.lex import Token

from concertmaster.odata.errors import InvalidQuery
from concertmaster.odata.lexer import CUT, Word, shown, words_of


@dataclass(frozen=True)
class Limits:
    """How much one option may ask for; defaults are those of ASP.NET Core OData."""

    max_nodes: int = 100
    max_orderby: int = 5
    max_any_all_depth: int = 3
    max_depth: int = 20  #: of operators and functions inside one another; SQLite's parser has 100
    max_joins: int = 30  #: of navigations; SQLite joins 64 tables
    max_parentheses: int = 800
    max_items: int = 5000  #: of an `in` list, which counts as one node


@dataclass(frozen=True, slots=True)
class Name:
    """A path, or the name of a function: `Robot/Name`, `contains`, `Ns.Type`.

    odata-query asks a function's name for its namespace and looks into a table of its own only
    when it has none, so every name says that it has one.
    """

    word: Word
    text: str
    namespace: tuple[str, ...] = ("concertmaster",)

    def full_name(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Leaf:
    """A literal, or one of the constants null, true, false, INF and NaN."""

    word: Word


@dataclass(frozen=True, slots=True)
class Items:
    """The list after `in`."""

    words: tuple[Word, ...]


@dataclass(frozen=True, slots=True)
class Operator:
    name: str


#: Operator → the terminal of odata-query's grammar that binds as tightly. `in` and `has` are
#: primary operators (OData 4.01 part 2, 5.1.1.16).
OPERATORS = {
    "or": "OR", "and": "AND", "eq": "EQ", "ne": "NE",
    "lt": "LT", "le": "LE", "gt": "GT", "ge": "GE",
    "add": "ADD", "sub": "SUB", "mul": "MUL", "div": "DIV", "divby": "DIV", "mod": "MOD",
    "in": "IN", "has": "IN",
}  # fmt: skip

CONSTANTS = frozenset({"null", "true", "false", "inf", "-inf", "nan"})
LITERALS = frozenset(CUT) - {"json"} | {"typename"}
LAMBDAS = {"any": "ANY", "all": "ALL", "$count": "ANY"}  # a count is written as an `any`

Clause = tuple[object, bool]


def parse_filter(text: str, limits: Limits) -> object:
    """The syntax tree of a boolean expression.

    Raises:
        InvalidQuery: the text is not an expression, or goes beyond a limit.
    """
    reader = _Reader(text, limits)
    tokens = list(reader.expression())
    reader.expect_end()
    return _tree(tokens, text)


def parse_orderby(text: str, limits: Limits) -> list[Clause]:
    """The syntax trees of an order, each with whether it descends."""
    reader = _Reader(text, limits, clauses=True)
    clauses: list[Clause] = []
    while True:
        tree = _tree(list(reader.expression()), text)
        direction = reader.word.text.lower()
        if direction in ("asc", "desc"):
            reader.advance()
        clauses.append((tree, direction == "desc"))
        if len(clauses) > limits.max_orderby:
            raise InvalidQuery(
                "The number of clauses in $orderby query option exceeded the maximum number "
                "allowed. The maximum number of $orderby clauses allowed is "
                f"'{limits.max_orderby}'."
            )
        if reader.word.kind != ",":
            break
        reader.advance()
    reader.expect_end()
    return clauses


def _tree(tokens: list[Token], text: str) -> object:
    try:
        return ODataParser().parse(iter(tokens))
    except ODataException as problem:
        at = getattr(getattr(problem, "token", None), "index", len(text))
        raise InvalidQuery(f"Syntax error at position {at} in {shown(text)}.") from None


def _token(kind: str, value: object, word: Word) -> Token:
    token = Token()
    token.type, token.value, token.lineno, token.index = kind, value, 1, word.start
    return token


@dataclass
class _Reader:
    """Walks over the words and tells operands from operators by where they stand."""

    text: str
    limits: Limits
    clauses: bool = False  #: whether a comma or a direction ends an expression
    open: list[str] = field(default_factory=list)  #: what each parenthesis belongs to
    nodes: int = 0

    def __post_init__(self) -> None:
        self._words = words_of(self.text)
        self.word = next(self._words)

    def advance(self) -> Word:
        word, self.word = self.word, next(self._words)
        return word

    def expression(self) -> Iterator[Token]:
        """The tokens of one expression, in the terms of odata-query's grammar."""
        wants_operand = True
        while True:
            if wants_operand:
                tokens, wants_operand = self._operand()
                yield from tokens
            elif self._ends():
                return
            elif self.word.kind == ")" and self.open:
                self.open.pop()
                yield _token(")", ")", self.advance())
            elif self.word.kind == "," and self.open and self.open[-1] == "call":
                yield _token(",", ",", self.advance())
                wants_operand = True
            else:
                tokens, wants_operand = self._operator()
                yield from tokens

    def expect_end(self) -> None:
        if self.word.kind != "end":
            raise self._misplaced()

    # --- operands ---------------------------------------------------------------------------

    def _operand(self) -> tuple[list[Token], bool]:
        """The tokens of an operand or its beginning, and whether an operand still has to come."""
        word = self.word
        if word.kind in LITERALS:
            return [self._leaf()], False
        if word.kind == "path":
            return self._named()
        if word.kind == "(":
            self._enter("group")
            return [_token("(", "(", self.advance())], True
        if word.kind == "-":
            self._count()
            return [_token("UMINUS", Operator("-"), self.advance())], True
        if word.kind == "json":
            raise self._unknown_character()
        raise InvalidQuery(f"Expression expected at position {word.start} in {shown(self.text)}.")

    def _leaf(self) -> Token:
        self._count()
        word = self.advance()
        return _token("STRING", Leaf(word), word)

    def _named(self) -> tuple[list[Token], bool]:
        lower = self.word.text.lower()
        if lower in CONSTANTS:
            return [self._leaf()], False
        word = self.advance()
        if lower == "not":
            self._count()
            return [_token("NOT", Operator("not"), word)], True
        path, _, last = word.text.rpartition("/")
        if path and last.lower() in LAMBDAS and (self.word.kind == "(" or last.lower() == "$count"):
            return self._lambda(word, path, last.lower())
        self._count(word.text.count("/") + 1)
        name = _token("ODATA_IDENTIFIER", Name(word, word.text), word)
        if self.word.kind != "(":
            return [name], False
        if lower in ("any", "all"):
            raise InvalidQuery("Any/All may only be used following a collection.")
        self._enter("call")
        tokens = [name, _token("(", "(", self.advance())]
        if self.word.kind != ")":
            return tokens, True
        self.open.pop()
        return [*tokens, _token(")", ")", self.advance())], False

    def _lambda(self, word: Word, path: str, kind: str) -> tuple[list[Token], bool]:
        """`path/any(x:`, `path/all(x:`, `path/$count` and `path/$count($filter=`."""
        self._count(path.count("/") + 2)
        tokens = [
            _token("ODATA_IDENTIFIER", Name(word, path), word),
            _token("/", "/", word),
            _token(LAMBDAS[kind], Operator(kind), word),
            _token("(", "(", word),
        ]
        if self.word.kind != "(":  # a count of everything
            return [*tokens, _token(")", ")", word)], False
        self._enter("lambda")
        self.advance()
        if self.word.kind == ")" and kind == "any":
            self.open.pop()
            return [*tokens, _token(")", ")", self.advance())], False
        name = self.word
        if name.kind != "path" or "/" in name.text:
            raise InvalidQuery(
                f"Expression expected at position {name.start} in {shown(self.text)}."
            )
        self.advance()
        if self.word.kind != (":" if kind != "$count" else "="):
            raise self._misplaced()
        if kind == "$count" and name.text.lower() != "$filter":
            raise self._misplaced()
        self.advance()
        variable = _token("ODATA_IDENTIFIER", Name(name, name.text), name)
        return [*tokens, variable, _token(":", ":", name)], True

    # --- operators --------------------------------------------------------------------------

    def _operator(self) -> tuple[list[Token], bool]:
        word = self.word
        name = word.text.lower()
        if word.kind != "path" or name not in OPERATORS:
            raise self._misplaced()
        self._count()
        self.advance()
        token = _token(OPERATORS[name], Operator(name), word)
        if name == "in":
            return [token, *self._list(word)], False
        if name == "has":  # the grammar knows `in` as tight, with a list of one
            return [token, *_list_of(self._flags(), word)], False
        return [token], True

    def _flags(self) -> Token:
        if self.word.kind == "path" and self.word.text.lower() not in CONSTANTS | {"not"}:
            word = self.advance()
            self._count(word.text.count("/") + 1)
            return _token("ODATA_IDENTIFIER", Name(word, word.text), word)
        if self.word.kind in LITERALS or self.word.kind == "path":
            return self._leaf()
        raise InvalidQuery(
            f"Expression expected at position {self.word.start} in {shown(self.text)}."
        )

    def _list(self, word: Word) -> list[Token]:
        """`(1,2)`, `(1)`, `()` or `["a","b"]`: one leaf, whatever its length."""
        closing = {"(": ")", "[": "]"}.get(self.word.kind)
        if closing is None:
            raise self._misplaced()
        self.advance()
        items: list[Word] = []
        while self.word.kind != closing or items:
            item = self.advance()
            if item.kind not in LITERALS | {"json"} and item.text.lower() not in CONSTANTS:
                raise InvalidQuery(
                    f"Expression expected at position {item.start} in {shown(self.text)}."
                )
            items.append(item)
            if len(items) > self.limits.max_items:
                raise InvalidQuery(
                    f"The limit of '{self.limits.max_items}' items in a list has been exceeded."
                )
            if self.word.kind != ",":
                break
            self.advance()
        if self.word.kind != closing:
            raise self._misplaced()
        self.advance()
        self._count()
        leaf = _token("STRING", Items(tuple(items)), word)
        return _list_of(leaf, word)

    # --- limits and refusals ----------------------------------------------------------------

    def _ends(self) -> bool:
        if self.word.kind == "end" and not self.open:
            return True
        if not self.clauses or self.open:
            return False
        return self.word.kind == "," or self.word.text.lower() in ("asc", "desc")

    def _enter(self, kind: str) -> None:
        self.open.append(kind)
        if len(self.open) > self.limits.max_parentheses:
            raise InvalidQuery("Recursion depth exceeded allowed limit.")

    def _count(self, nodes: int = 1) -> None:
        self.nodes += nodes
        if self.nodes > self.limits.max_nodes:
            raise InvalidQuery(
                f"The node count limit of '{self.limits.max_nodes}' has been exceeded. To increase "
                "the limit, set the 'MaxNodeCount' property on EnableQueryAttribute or "
                "ODataValidationSettings."
            )

    def _misplaced(self) -> InvalidQuery:
        word = self.word
        if word.kind == "end" and self.open:
            expected = "','" if self.open[-1] == "call" else "operator"
            return InvalidQuery(
                f"')' or {expected} expected at position {word.start} in {shown(self.text)}."
            )
        if word.kind == "json":
            return self._unknown_character()
        return InvalidQuery(f"Syntax error at position {word.end} in {shown(self.text)}.")

    def _unknown_character(self) -> InvalidQuery:
        return InvalidQuery(
            f"Syntax error: character '\"' is not valid at position {self.word.start} "
            f"in {shown(self.text)}."
        )


def _list_of(leaf: Token, word: Word) -> list[Token]:
    """odata-query writes a list of one with a comma: `(x,)`."""
    return [
        _token("(", "(", word), leaf, _token(",", ",", word), _token(")", ")", word),
    ]  # fmt: skip


def flattened(node: ast.BoolOp) -> list[object]:
    """The operands of a chain of one operator: `a or b or c`, without recursion."""
    found: list[object] = []
    waiting: list[object] = [node]
    while waiting:
        current = waiting.pop()
        if isinstance(current, ast.BoolOp) and current.op == node.op:
            waiting += (current.right, current.left)
        else:
            found.append(current)
    return found
