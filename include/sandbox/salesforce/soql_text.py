"""SOQL as text: cut into tokens, with places to point at in errors."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sandbox.salesforce.errors import SalesforceError

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<string>'(?:[^'\\]|\\.)*')
    | (?P<datetime>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d))
    | (?P<date>\d{4}-\d\d-\d\d(?![\dT]))
    | (?P<number>[+-]?\d+(?:\.\d+)?(?![\w:-]))
    | (?P<name>[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)
    | (?P<mark><=|>=|!=|<>|[=<>(),])
    )""",
    re.VERBOSE | re.DOTALL,
)
# SOQL and SOSL Reference, "Quoted String Escape Sequences"
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", '"': '"', "'": "'", "\\": "\\"}


@dataclass(frozen=True)
class Token:
    """One word of a query and where it begins."""

    kind: str
    text: str
    at: int

    def says(self, *words: str) -> bool:
        """Whether it is one of these keywords or marks."""
        return self.kind in ("name", "mark") and self.text.upper() in words


def pointed(text: str, at: int, message: str) -> str:
    """The message with the piece of query that it is about, as Salesforce shows it."""
    before = text[max(0, at - 20) : at]
    row = text.count("\n", 0, at) + 1
    column = at - (text.rfind("\n", 0, at) + 1) + 1
    arrow = " " * len(before) + "^"
    return f"\n{before}{text[at : at + 20]}\n{arrow}\nERROR at Row:{row}:Column:{column}\n{message}"


def malformed(text: str, at: int, message: str) -> SalesforceError:
    """A query that cannot be read."""
    return SalesforceError("MALFORMED_QUERY", pointed(text, at, message))


def invalid_field(text: str, at: int, message: str) -> SalesforceError:
    """A query that can be read but asks for something that is not there."""
    return SalesforceError("INVALID_FIELD", pointed(text, at, message))


def cut(text: str) -> list[Token]:
    """All tokens, closed by one of kind "end"."""
    tokens: list[Token] = []
    at = 0
    end = len(text.rstrip())
    while at < end:
        match = _TOKEN.match(text, at)
        if match is None:
            bad = at + len(text[at:]) - len(text[at:].lstrip())
            raise malformed(text, bad, f"unexpected token: '{text[bad]}'")
        kind = str(match.lastgroup)
        tokens.append(Token(kind, match[kind], match.start(kind)))
        at = match.end()
    return [*tokens, Token("end", "<EOF>", len(text))]


def unescape(query: str, token: Token, like: bool = False) -> str:
    """The text inside quotes; in a LIKE pattern an escaped wildcard keeps its backslash."""

    def replace(match: re.Match[str]) -> str:
        letter = match[1]
        if letter in "_%":
            return f"\\{letter}" if like else letter
        if letter not in _ESCAPES:
            message = f"Illegal character sequence '\\{letter}' in string literal."
            raise malformed(query, token.at, f"Invalid string literal {token.text}. {message}")
        if like and letter == "\\":
            return "\\\\"
        return _ESCAPES[letter]

    return re.sub(r"\\(.)", replace, token.text[1:-1], flags=re.DOTALL)
