"""Refusals in the shapes that Acumatica answers with."""

from __future__ import annotations

from types import TracebackType
from typing import Any

Record = dict[str, Any]

OCCURRED = "An error has occurred."
PX_EXCEPTION = "PX.Data.PXException"
NO_ENTITY = "PX.Api.ContractBased.NoEntitySatisfiesTheConditionException"
HAS_ERRORS = "PX.Api.ContractBased.OutcomeEntityHasErrorsException"
SET_PROPERTY = "PX.Data.PXSetPropertyException"
OPERATION_FAILED = "PX.Data.PXInvalidOperationException"
LOCKED = "PX.Data.PXLockViolationException"
_TRACE = "   at PX.Api.ContractBased.EntityService.{where}(ISystemContract systemContract, String version)"


class AcumaticaError(Exception):
    """One answer that is no success; `body` is an object, or text that is no JSON."""

    def __init__(self, status: int, body: Record | str, code: str = "", headers: dict[str, str] | None = None) -> None:
        super().__init__(f"{status} {code}")
        self.status = status
        self.body = body
        self.code = code
        self.headers = headers or {}


class Refused(Exception):
    """A rule of a form says no; which answer that becomes is the caller's business."""

    def __init__(self, text: str, kind: str = PX_EXCEPTION) -> None:
        super().__init__(text)
        self.text = text
        self.kind = kind

    @property
    def code(self) -> str:
        """The last part of the exception's type."""
        return short(self.kind)


class FieldErrors(Exception):
    """What is wrong with the fields of a record: (path, text), a path being names and row positions."""

    def __init__(self) -> None:
        super().__init__("fields are wrong")
        self.found: list[tuple[tuple[str | int, ...], str]] = []

    def add(self, path: tuple[str | int, ...], text: str) -> None:
        """Note one."""
        self.found.append((path, text))

    def at(self, path: tuple[str | int, ...]) -> About:
        """A rule that fails in here is about this field."""
        return About(self, path)

    def settle(self) -> None:
        """Raise when anything was noted."""
        if self.found:
            raise self


class About:
    """Catches the refusals of the rules of one field."""

    def __init__(self, errors: FieldErrors, path: tuple[str | int, ...]) -> None:
        self._errors = errors
        self._path = path

    def __enter__(self) -> None:
        """Nothing to prepare."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if isinstance(error, Refused):
            self._errors.add(self._path, error.text)
        return isinstance(error, Refused)


def short(kind: str) -> str:
    """The last part of an exception's type."""
    return kind.rpartition(".")[2]


def general(text: str, kind: str = PX_EXCEPTION, status: int = 500, inner: Record | None = None) -> AcumaticaError:
    """The general error object."""
    return AcumaticaError(status, error_object(text, kind, inner), short(kind))


def error_object(text: str, kind: str, inner: Record | None = None) -> Record:
    """message, exceptionMessage, exceptionType, stackTrace, and perhaps innerException."""
    trace = _TRACE.format(where="Invoke" if kind == OPERATION_FAILED else "GetList")
    body = {"message": OCCURRED, "exceptionMessage": text, "exceptionType": kind, "stackTrace": trace}
    return body if inner is None else {**body, "innerException": inner}


def no_entity() -> AcumaticaError:
    """There is no record of these keys: 500, not 404."""
    return general("No entity satisfies the condition.", NO_ENTITY)


def bad_request(text: str = "The request body should not be empty.") -> AcumaticaError:
    """The body is missing or is no record."""
    body = {"message": "The request is invalid.", "modelState": {"": [text]}}
    return AcumaticaError(400, body, "BadRequest")


def not_signed_in() -> AcumaticaError:
    """No session, or one that has ended."""
    return AcumaticaError(401, {"message": "You are not logged in."}, "Unauthorized")


def forbidden(what: str) -> AcumaticaError:
    """The user lacks a right, or the feature is off."""
    return AcumaticaError(403, {"message": f"You have insufficient rights to access the object ({what})."}, "Forbidden")


def page(status: int, title: str, text: str = "") -> AcumaticaError:
    """An answer of the web server, not of Acumatica."""
    html = f"<!DOCTYPE html>\n<html><head><title>{title}</title></head><body><h1>{title}</h1>{text}</body></html>"
    return AcumaticaError(status, html, title)
