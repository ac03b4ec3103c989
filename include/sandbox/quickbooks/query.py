"""The query language: text in, a Statement out.

https://developer.intuit.com/app/developer/qbo/docs/learn/explore-the-quickbooks-online-api/data-queries
"""

import re
from dataclasses import dataclass, field

from sandbox.quickbooks import faults

DEFAULT_PAGE, LARGEST_PAGE = 100, 1000
_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:\\.|[^'\\])*')|(?P<number>-?\d+(?:\.\d+)?)"
    r"|(?P<word>[A-Za-z_][\w.]*)|(?P<sign><=|>=|[=<>(),*]))",
    re.DOTALL,
)
_OPERATORS = frozenset({"=", "<", ">", "<=", ">="})


@dataclass(frozen=True)
class Token:
    """One word, number, text or sign of a statement."""

    kind: str
    text: str


@dataclass(frozen=True)
class Condition:
    """One comparison of the WHERE clause."""

    name: str
    operator: str
    values: tuple[str, ...]


@dataclass
class Statement:
    """A parsed SELECT; names are as written, not yet checked against the entity."""

    entity: str = ""
    columns: list[str] = field(default_factory=list)
    count: bool = False
    everything: bool = False
    conditions: list[Condition] = field(default_factory=list)
    order: list[tuple[str, bool]] = field(default_factory=list)
    start: int = 1
    size: int = DEFAULT_PAGE


def parse(text: str) -> Statement:
    """Parse a statement; raises fault 4000 when it does not follow the grammar."""
    return _Parser(_tokens(text)).statement()


def _tokens(text: str) -> list[Token]:
    tokens, position, end = [], 0, len(text.rstrip().rstrip(";").rstrip())
    while position < end:
        match = _TOKEN.match(text, position, end)
        if match is None:
            rest = text[position:end].strip()[:20]
            raise faults.unparsable_query(f"Encountered unexpected input at column {position + 1}: {rest}")
        kind = str(match.lastgroup)
        tokens.append(Token(kind, _unescaped(match[kind]) if kind == "text" else match[kind]))
        position = match.end()
    return tokens


def _unescaped(quoted: str) -> str:
    return re.sub(r"\\(.)", r"\1", quoted[1:-1], flags=re.DOTALL)


class _Parser:
    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._at = 0

    def statement(self) -> Statement:
        found = Statement()
        self._expect("select")
        self._columns(found)
        self._expect("from")
        found.entity = self._take("word").text
        if self._accept("where"):
            found.conditions = self._conditions()
        self._tail(found)
        if self._at < len(self._tokens):
            raise self._surprise()
        return found

    def _columns(self, found: Statement) -> None:
        while True:
            if self._accept("*"):
                found.everything = True
            elif self._accept("count"):
                self._expect("(", "*", ")")
                found.count = True
            else:
                found.columns.append(self._take("word").text)
            if not self._accept(","):
                return

    def _conditions(self) -> list[Condition]:
        conditions = [self._condition()]
        while self._accept("and"):
            conditions.append(self._condition())
        return conditions

    def _condition(self) -> Condition:
        name = self._take("word").text
        if self._accept("in"):
            return Condition(name, "in", self._list())
        if self._accept("like"):
            return Condition(name, "like", (self._take("text").text,))
        sign = self._next()
        if sign.text not in _OPERATORS:
            self._at -= 1
            raise self._surprise()
        return Condition(name, sign.text, (self._value(),))

    def _list(self) -> tuple[str, ...]:
        self._expect("(")
        values = [self._value()]
        while self._accept(","):
            values.append(self._value())
        self._expect(")")
        return tuple(values)

    def _value(self) -> str:
        token = self._next()
        is_truth = token.kind == "word" and token.text.lower() in ("true", "false")
        if token.kind in ("text", "number") or is_truth:
            return token.text
        self._at -= 1
        raise self._surprise()

    def _tail(self, found: Statement) -> None:
        if self._accept("orderby"):
            found.order = self._order()
        elif self._accept("order"):
            self._expect("by")
            found.order = self._order()
        # The two may come in either order.
        for _ in range(2):
            if self._accept("startposition"):
                found.start = self._whole()
            elif self._accept("maxresults"):
                found.size = self._whole()

    def _order(self) -> list[tuple[str, bool]]:
        order = []
        while True:
            name = self._take("word").text
            descending = self._accept("desc")
            if not descending:
                self._accept("asc")
            order.append((name, descending))
            if not self._accept(","):
                return order

    def _whole(self) -> int:
        token = self._take("number")
        if "." in token.text:
            raise faults.unparsable_query(f"Encountered {token.text}: a whole number is expected")
        return int(token.text)

    def _accept(self, word: str) -> bool:
        token = self._tokens[self._at] if self._at < len(self._tokens) else None
        if token is None or token.kind == "text" or token.text.lower() != word:
            return False
        self._at += 1
        return True

    def _expect(self, *words: str) -> None:
        for word in words:
            if not self._accept(word):
                raise self._surprise()

    def _take(self, kind: str) -> Token:
        token = self._next()
        if token.kind != kind:
            self._at -= 1
            raise self._surprise()
        return token

    def _next(self) -> Token:
        if self._at >= len(self._tokens):
            raise self._surprise()
        self._at += 1
        return self._tokens[self._at - 1]

    def _surprise(self) -> faults.Fault:
        if self._at >= len(self._tokens):
            return faults.unparsable_query("Encountered the end of the statement")
        return faults.unparsable_query(f"Encountered '{self._tokens[self._at].text}'")
