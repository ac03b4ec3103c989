"""SOQL, read by recursive descent: the part of the language that an integration needs."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal

from sandbox.salesforce.errors import SalesforceError
from sandbox.salesforce.soql_text import Token, cut, malformed, unescape

COMPARISONS = ("=", "!=", "<>", "<", "<=", ">", ">=", "LIKE")
CLAUSES = ("WHERE", "ORDER", "LIMIT", "OFFSET", "FROM")
# SOQL and SOSL Reference, "SOQL Limits"
LONGEST = 100_000


@dataclass(frozen=True)
class Literal:
    """A value written in the query."""

    kind: str
    value: str | Decimal | bool | date | datetime | None
    at: int


@dataclass(frozen=True)
class Path:
    """A field, perhaps over parent hops: a__r.b__r.c__c."""

    parts: tuple[str, ...]
    at: int


@dataclass(frozen=True)
class Compare:
    """One comparison."""

    path: Path
    operator: str
    value: Literal


@dataclass(frozen=True)
class Among:
    """IN or NOT IN a list."""

    path: Path
    negated: bool
    values: tuple[Literal, ...]


@dataclass(frozen=True)
class AmongQuery:
    """IN or NOT IN the answers of another query (semi-join)."""

    path: Path
    negated: bool
    query: Query


@dataclass(frozen=True)
class Group:
    """Conditions under one AND or OR; NOT has a single one."""

    operator: str
    parts: tuple[Condition, ...]


Condition = Compare | Among | AmongQuery | Group


@dataclass(frozen=True)
class Order:
    """One column of ORDER BY."""

    path: Path
    descending: bool
    nulls_last: bool


@dataclass(frozen=True)
class Query:
    """A query, read but not yet checked against the org."""

    text: str
    sobject: str
    sobject_at: int
    select: tuple[Path, ...]
    # sub-selects over lists of children
    inner: tuple[Query, ...] = ()
    count: bool = False
    where: Condition | None = None
    order: tuple[Order, ...] = field(default=())
    limit: int | None = None
    offset: int = 0


def parse(text: str) -> Query:
    """Read a query or refuse it with MALFORMED_QUERY."""
    if len(text) > LONGEST:
        raise SalesforceError("MALFORMED_QUERY", f"SOQL statements cannot be longer than {LONGEST} characters.")
    reader = _Reader(text)
    query = reader.query()
    if reader.now.kind != "end":
        raise reader.unexpected()
    return query


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self._tokens = cut(text)
        self._at = 0

    @property
    def now(self) -> Token:
        return self._tokens[self._at]

    def unexpected(self) -> SalesforceError:
        return malformed(self.text, self.now.at, f"unexpected token: '{self.now.text}'")

    def take(self) -> Token:
        token = self.now
        self._at += 0 if token.kind == "end" else 1
        return token

    def accept(self, *words: str) -> Token | None:
        return self.take() if self.now.says(*words) else None

    def expect(self, *words: str) -> Token:
        if not self.now.says(*words):
            raise self.unexpected()
        return self.take()

    def name(self) -> Token:
        if self.now.kind != "name" or self.now.says(*CLAUSES):
            raise self.unexpected()
        return self.take()

    def path(self) -> Path:
        token = self.name()
        return Path(tuple(token.text.split(".")), token.at)

    def query(self) -> Query:
        self.expect("SELECT")
        count, select, inner = self._selected()
        self.expect("FROM")
        source = self.name()
        where = self.any_of() if self.accept("WHERE") else None
        order = self._order() if self.accept("ORDER") else ()
        limit = self._whole("LIMIT")
        offset = self._whole("OFFSET")
        return Query(self.text, source.text, source.at, select, inner, count, where, order, limit, offset or 0)

    def _selected(self) -> tuple[bool, tuple[Path, ...], tuple[Query, ...]]:
        paths: list[Path] = []
        inner: list[Query] = []
        self._item(paths, inner)
        if paths and paths[0].parts[-1].upper() == "COUNT" and self.accept("("):
            self.expect(")")
            return True, (), ()
        while self.accept(","):
            self._item(paths, inner)
        return False, tuple(paths), tuple(inner)

    def _item(self, paths: list[Path], inner: list[Query]) -> None:
        if not self.accept("("):
            paths.append(self.path())
            return
        at = self.now.at
        inside = self.query()
        if inside.inner or inside.count:
            raise malformed(self.text, at, "a sub-select of a sub-select, or one that counts, is not supported")
        inner.append(inside)
        self.expect(")")

    def any_of(self) -> Condition:
        """Conditions joined by AND or by OR; SOQL wants parentheses before it mixes them."""
        parts = [self.condition()]
        joined = self.now.text.upper() if self.now.says("AND", "OR") else ""
        while joined and self.accept(joined):
            parts.append(self.condition())
        if self.now.says("AND", "OR"):
            raise self.unexpected()
        return Group(joined, tuple(parts)) if joined else parts[0]

    def condition(self) -> Condition:
        if self.accept("NOT"):
            return Group("NOT", (self.condition(),))
        if self.accept("("):
            inside = self.any_of()
            self.expect(")")
            return inside
        return self._comparison()

    def _comparison(self) -> Condition:
        path = self.path()
        if self.accept("NOT"):
            self.expect("IN")
            return self._among(path, negated=True)
        if self.accept("IN"):
            return self._among(path, negated=False)
        operator = self.expect(*COMPARISONS).text.upper()
        return Compare(path, "!=" if operator == "<>" else operator, self.literal(operator == "LIKE"))

    def _among(self, path: Path, negated: bool) -> Condition:
        self.expect("(")
        if self.now.says("SELECT"):
            query = self.query()
            self.expect(")")
            return AmongQuery(path, negated, query)
        values = [self.literal()]
        while self.accept(","):
            values.append(self.literal())
        self.expect(")")
        return Among(path, negated, tuple(values))

    def literal(self, like: bool = False) -> Literal:
        token = self.now
        if token.kind not in ("string", "number", "date", "datetime") and not token.says("TRUE", "FALSE", "NULL"):
            raise self.unexpected()
        self.take()
        if token.kind == "string":
            return Literal("string", unescape(self.text, token, like), token.at)
        if token.kind == "number":
            return Literal("number", Decimal(token.text), token.at)
        if token.kind == "name":
            word = token.text.upper()
            return Literal("null", None, token.at) if word == "NULL" else Literal("boolean", word == "TRUE", token.at)
        return self._moment(token)

    def _moment(self, token: Token) -> Literal:
        try:
            if token.kind == "date":
                return Literal("date", date.fromisoformat(token.text), token.at)
            return Literal("datetime", datetime.fromisoformat(token.text).astimezone(UTC), token.at)
        except ValueError as error:
            raise malformed(self.text, token.at, f"Invalid {token.kind}: {token.text}") from error

    def _order(self) -> tuple[Order, ...]:
        self.expect("BY")
        columns = [self._column()]
        while self.accept(","):
            columns.append(self._column())
        return tuple(columns)

    def _column(self) -> Order:
        path = self.path()
        way = self.accept("ASC", "DESC")
        nulls = self.expect("FIRST", "LAST") if self.accept("NULLS") else None
        return Order(path, bool(way and way.says("DESC")), bool(nulls and nulls.says("LAST")))

    def _whole(self, word: str) -> int | None:
        if not self.accept(word):
            return None
        if self.now.kind != "number" or not self.now.text.isdigit():
            raise self.unexpected()
        return int(self.take().text)
