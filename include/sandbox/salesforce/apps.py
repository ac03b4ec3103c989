"""Connected apps: who may sign in with them, and with which key."""

from __future__ import annotations

import functools
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

CLIENT_ID = "3MVG9.sandbox.consumer.key"
CLIENT_SECRET = "sandbox-consumer-secret"
USERNAME = "integration@sandbox.example"


@dataclass
class ConnectedApp:
    """One app as Setup shows it. `certificate` is PEM: an X.509 certificate or a bare public key."""

    client_id: str
    secret: str
    name: str
    run_as: str | None = None
    certificate: str | None = None
    approved_users: list[str] = field(default_factory=list)
    active: bool = True

    def shown(self) -> dict[str, Any]:
        """As the control API shows and takes it."""
        return {
            "Id": self.client_id,
            "ClientId": self.client_id,
            "ClientSecret": self.secret,
            "Name": self.name,
            "RunAs": self.run_as,
            "Certificate": self.certificate,
            "ApprovedUsers": list(self.approved_users),
            "IsActive": self.active,
        }

    @functools.cached_property
    def public_key(self) -> rsa.RSAPublicKey | None:
        """The key that assertions are checked with."""
        return None if self.certificate is None else read_public_key(self.certificate)


_NAMES: dict[str, tuple[str, tuple[type, ...]]] = {
    "ClientSecret": ("secret", (str,)),
    "Name": ("name", (str,)),
    "RunAs": ("run_as", (str, type(None))),
    "Certificate": ("certificate", (str, type(None))),
    "ApprovedUsers": ("approved_users", (list,)),
    "IsActive": ("active", (bool,)),
}


class Apps:
    """The apps of the org, by consumer key."""

    def __init__(self) -> None:
        self._apps: dict[str, ConnectedApp] = {}
        self._seeded = False

    def find(self, client_id: str) -> ConnectedApp | None:
        """The app with this consumer key."""
        if client_id == CLIENT_ID:
            self._seed()
        return self._apps.get(client_id)

    def all(self) -> list[ConnectedApp]:
        """Every app."""
        self._seed()
        return list(self._apps.values())

    def insert(self, fields: dict[str, Any]) -> ConnectedApp:
        """An administrator makes an app."""
        client_id = fields.get("ClientId")
        if not isinstance(client_id, str) or not client_id:
            raise ValueError("a ConnectedApp needs a ClientId")
        app = ConnectedApp(client_id, "", client_id)
        return self._put(_changed(app, {name: value for name, value in fields.items() if name != "ClientId"}))

    def edit(self, client_id: str, fields: dict[str, Any]) -> ConnectedApp:
        """An administrator changes an app."""
        return self._put(_changed(self._known(client_id), fields))

    def delete(self, client_id: str) -> None:
        """Nobody signs in with it any more."""
        del self._apps[self._known(client_id).client_id]

    def _known(self, client_id: str) -> ConnectedApp:
        found = self.find(client_id)
        if found is None:
            raise LookupError(f"no ConnectedApp {client_id!r}")
        return found

    def _put(self, app: ConnectedApp) -> ConnectedApp:
        self._apps[app.client_id] = app
        return app

    def _seed(self) -> None:
        """The demo app; made when first asked for, because a key takes a while."""
        if not self._seeded:
            self._seeded = True
            certificate = demo_keys()[1]
            self._put(ConnectedApp(CLIENT_ID, CLIENT_SECRET, "Invoice Sync", USERNAME, certificate, [USERNAME]))


def _changed(app: ConnectedApp, fields: dict[str, Any]) -> ConnectedApp:
    changes: dict[str, Any] = {}
    for name, value in fields.items():
        if name not in _NAMES:
            raise ValueError(f"no field {name!r} on ConnectedApp; there are ClientId, {', '.join(_NAMES)}")
        attribute, kind = _NAMES[name]
        if not isinstance(value, kind):
            raise ValueError(f"{name} of a ConnectedApp cannot be {value!r}")
        changes[attribute] = value
    made = replace(app, **changes)
    if made.certificate is not None:
        read_public_key(made.certificate)
    return made


def read_public_key(pem: str) -> rsa.RSAPublicKey:
    """The key in a certificate, or a bare public key; ValueError for anything else."""
    data = pem.encode()
    is_certificate = b"BEGIN CERTIFICATE" in data
    key = (
        x509.load_pem_x509_certificate(data).public_key() if is_certificate else serialization.load_pem_public_key(data)
    )
    if not isinstance(key, rsa.RSAPublicKey):
        raise ValueError("only RSA keys sign assertions")
    return key


@functools.cache
def demo_keys() -> tuple[str, str]:
    """Private key and certificate of the demo app, in PEM; made anew by every process, so that none is kept in code."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Invoice Sync demo")])
    day = datetime(2026, 1, 1, tzinfo=UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(day)
        .not_valid_after(day + timedelta(days=3650))
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private.decode(), certificate.public_bytes(serialization.Encoding.PEM).decode()
