"""A call and its answer, apart from the HTTP server, so that /composite can make calls of its own."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox import exact_json
from sandbox.salesforce.errors import SalesforceError, not_found

DATA = "/services/data/{version}"
JSON = "application/json"


@dataclass(frozen=True)
class Call:
    """What a handler is given; `at` holds the variable parts of the path."""

    method: str
    path: str
    at: Mapping[str, str]
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    text: str = ""
    media: str = JSON
    base_url: str = ""

    @property
    def version(self) -> str:
        """Such as v60.0."""
        return self.at["version"]

    def header(self, name: str) -> str:
        """Header names do not mind case."""
        wanted = name.casefold()
        return next((value for key, value in self.headers.items() if key.casefold() == wanted), "")

    def json(self) -> Any:
        """The body, or the refusal of one that is no JSON."""
        if self.media != JSON:
            raise SalesforceError("UNSUPPORTED_MEDIA_TYPE", f"Content type {self.media} not supported", 415)
        try:
            return exact_json.loads(self.text)
        except json.JSONDecodeError as error:
            message = f"{error.msg} at [line:{error.lineno}, column:{error.colno}]"
            raise SalesforceError("JSON_PARSER_ERROR", message) from error

    def record(self) -> dict[str, Any]:
        """A body that must be one record."""
        body = self.json()
        if not isinstance(body, dict):
            raise SalesforceError("JSON_PARSER_ERROR", "The HTTP entity body must be a JSON object")
        return body


@dataclass
class Answer:
    """What a handler gives back: JSON, or a text of another kind, or nothing."""

    data: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    text: str | None = None
    media: str = JSON


Handler = Callable[[Call], Answer]


@dataclass(frozen=True)
class Resource:
    """One path and its methods; `/x` and `/x/` are the same."""

    path: str
    methods: Mapping[str, Handler]

    def handler(self, method: str) -> Handler:
        """The handler of a method, or 405."""
        found = self.methods.get("GET" if method == "HEAD" else method)
        if found is None:
            allowed = ",".join(self.methods)
            message = f"HTTP Method '{method}' not allowed. Allowed are {allowed}"
            raise SalesforceError("METHOD_NOT_ALLOWED", message, 405)
        return found


class Router:
    """Finds the resource of a path; the first that fits."""

    def __init__(self, resources: Iterable[Resource]) -> None:
        self.resources = {one.path: one for one in resources}
        self._patterns = [(_pattern(path), one) for path, one in self.resources.items()]

    def find(self, path: str) -> tuple[Resource, dict[str, str]]:
        """The resource and the variable parts of the path."""
        for pattern, resource in self._patterns:
            match = pattern.fullmatch(path)
            if match is not None:
                return resource, match.groupdict()
        raise not_found()


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path) + "/?")


def check_version(version: str | None, newest: int, retired: int) -> None:
    """Old versions are retired with 410, versions to come are not there yet."""
    if version is None:
        return
    number = version.removeprefix("v").removesuffix(".0")
    if version != f"v{number}.0" or not number.isdigit() or int(number) > newest:
        raise not_found()
    if int(number) <= retired:
        raise SalesforceError("UNSUPPORTED_API_VERSION", "API version retired", 410)


def at_least(version: str, number: int) -> bool:
    """Whether a version such as v60.0 is that new."""
    return int(version.removeprefix("v").removesuffix(".0")) >= number


def flag(text: str | None) -> bool:
    """A true or false of a query string."""
    if text is None or text.casefold() in ("true", "false"):
        return (text or "").casefold() == "true"
    raise SalesforceError("INVALID_BOOLEAN", f"'{text}' is not true or false")
