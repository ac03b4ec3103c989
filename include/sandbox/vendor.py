"""What a stand-in vendor is to the sandbox."""

from __future__ import annotations

from typing import Any, Protocol

from aiohttp import web

Record = dict[str, Any]

# a handler names its tenant with `request[TENANT] = ...`, so that the server can count its calls
TENANT = web.RequestKey("tenant", str)


class Vendor(Protocol):
    """One vendor on one port.

    A handler names its tenant with `request[TENANT] = ...`; else {tenant} of its path counts.
    LookupError from records, edit, insert and delete means not found; ValueError means bad input.
    """

    @property
    def name(self) -> str:
        """Its key in the index and in mishaps."""

    def routes(self) -> list[web.RouteDef]:
        """The vendor's own API."""

    def describe(self, base_url: str) -> Record:
        """Its entry in the index: where it is, who is seeded, demo credentials."""

    def settings(self) -> Record:
        """The switches and where they stand."""

    def configure(self, changes: Record) -> None:
        """Turn switches; ValueError for an unknown switch or a bad value, and then none is turned."""

    def records(self, tenant: str, entity: str) -> list[Record]:
        """Everything stored, as the vendor stores it."""

    def edit(self, tenant: str, entity: str, record_id: str, fields: Record) -> Record:
        """What a person changes in the vendor's own screens; moves stamps."""

    def insert(self, tenant: str, entity: str, fields: Record) -> Record:
        """What a person adds in the vendor's own screens."""

    def delete(self, tenant: str, entity: str, record_id: str) -> None:
        """What a person deletes in the vendor's own screens."""

    def reset(self, seed: str, scale: int) -> None:
        """Back to the seeded data and default switches."""

    def is_write(self, request: web.BaseRequest) -> bool:
        """Whether the call may change business data."""

    def is_sign_in(self, request: web.BaseRequest) -> bool:
        """Whether the call asks for a token."""

    def throttled(self, with_headers: bool) -> web.Response:
        """The vendor's answer to too many calls."""

    def expire_tokens(self) -> None:
        """Make every access token given out so far worthless."""
