"""Assertions of the JWT bearer flow, read and checked by hand.

RFC 7523, and Help, "OAuth 2.0 JWT Bearer Flow for Server-to-Server Integration". The descriptions of refusals
are from memory (facts 5.3).
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from sandbox.salesforce.errors import OAuthError

GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
LONGEST_LIFE = timedelta(minutes=5)


@dataclass(frozen=True)
class Assertion:
    """A token as it came, its claims not yet believed."""

    header: dict[str, Any]
    claims: dict[str, Any]
    signed: bytes
    signature: bytes

    def text(self, claim: str) -> str:
        """A claim that must be there."""
        value = self.claims.get(claim)
        if not isinstance(value, str) or not value:
            raise invalid()
        return value

    def verify(self, key: rsa.RSAPublicKey | None) -> None:
        """RS256 by the app's certificate, and nothing else: "none" and HMAC would let anybody in."""
        if key is None or self.header.get("alg") != "RS256":
            raise invalid()
        try:
            key.verify(self.signature, self.signed, padding.PKCS1v15(), hashes.SHA256())
        except InvalidSignature as error:
            raise invalid() from error

    def check_time(self, now: datetime) -> None:
        """Not over yet, and at most five minutes ahead."""
        try:
            # simple-salesforce writes the number as text
            end = datetime.fromtimestamp(float(self.claims["exp"]), UTC)
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise invalid() from error
        if end <= now:
            raise OAuthError("invalid_grant", "expired authorization code")
        if end > now + LONGEST_LIFE:
            raise invalid()


def read(text: str) -> Assertion:
    """Take a compact token apart."""
    parts = text.split(".")
    if len(parts) != 3:
        raise invalid()
    try:
        header, claims, signature = (_decoded(part) for part in parts)
        read_header, read_claims = json.loads(header), json.loads(claims)
    except (binascii.Error, ValueError) as error:
        raise invalid() from error
    if not isinstance(read_header, dict) or not isinstance(read_claims, dict):
        raise invalid()
    return Assertion(read_header, read_claims, f"{parts[0]}.{parts[1]}".encode(), signature)


def _decoded(part: str) -> bytes:
    return base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)


def invalid() -> OAuthError:
    """What is wrong with an assertion is not told."""
    return OAuthError("invalid_grant", "invalid assertion")
