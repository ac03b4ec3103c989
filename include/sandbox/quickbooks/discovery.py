"""The discovery documents, which tell an OAuth client where everything is.

https://developer.intuit.com/.well-known/openid_configuration/ and …/openid_sandbox_configuration/
"""

from __future__ import annotations

from aiohttp import web

from sandbox.quickbooks.consent import SCOPES
from sandbox.quickbooks.wire import Record, encode

DISCOVERY_PATH = "/.well-known/openid_configuration"
_SANDBOX_PATH = "/.well-known/openid_sandbox_configuration"
_KEYS_PATH = "/op/v1/jwks"
USER_PATH = "/v1/openid_connect/userinfo"


def discovery_routes(authorize: str, token: str, revoke: str) -> list[web.RouteDef]:
    """Both documents, with and without the slash at the end, and the keys they name."""

    async def document(request: web.Request) -> web.Response:
        return _json(_document(str(request.url.origin()), authorize, token, revoke))

    async def keys(request: web.Request) -> web.Response:
        # no id_token is given out here, so there is none to verify
        return _json({"keys": []})

    paths = [path + slash for path in (DISCOVERY_PATH, _SANDBOX_PATH) for slash in ("", "/")]
    return [*(web.get(path, document) for path in paths), web.get(_KEYS_PATH, keys)]


def _document(base: str, authorize: str, token: str, revoke: str) -> Record:
    return {
        "issuer": f"{base}/op/v1", "authorization_endpoint": base + authorize, "token_endpoint": base + token,
        "userinfo_endpoint": base + USER_PATH, "revocation_endpoint": base + revoke,
        "jwks_uri": base + _KEYS_PATH, "response_types_supported": ["code"], "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"], "scopes_supported": sorted(SCOPES),
        "token_endpoint_auth_methods_supported": ["client_secret_basic"],
    }  # fmt: skip


def _json(body: Record) -> web.Response:
    return web.Response(text=encode(body), content_type="application/json")
