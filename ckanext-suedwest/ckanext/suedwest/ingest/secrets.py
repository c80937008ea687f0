"""Secrets of sources: encrypted where they are kept, readable only to who connects.

A password in a source's options is sealed before it is stored: Fernet (AES-128-CBC with
HMAC-SHA256) with the key of this installation. What the store, its backups and the portal's
pages hold is of no use without that key.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import os
import secrets
from collections.abc import Mapping
from typing import Any

from cryptography.fernet import Fernet, InvalidToken

from ..domain.errors import SuedwestError

KEY_VARIABLE = "SUEDWEST_SECRET_KEY"
SECRET_OPTIONS = ("password", "client_key", "header_value")
"""Options whose value is a secret, and is only ever stored sealed."""
TOKEN_OPTION = "webhook_token_sha256"  # noqa: S105 - the name of an option
SEALED = "sealed:"
"""What a sealed value begins with."""
_LEAST_KEY_LENGTH = 32


class SecretUnreadable(SuedwestError):
    """There is no key, or it is not the one the secret was sealed with."""


def seal_options(options: Mapping[str, Any]) -> dict[str, Any]:
    """`options` with their secrets sealed; what is sealed already stays.

    Raises:
        SecretUnreadable: when there is a secret to seal and no key.
    """
    return {
        name: _seal(value)
        if name in SECRET_OPTIONS and isinstance(value, str) and not value.startswith(SEALED)
        else value
        for name, value in options.items()
    }


def seal_again(options: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, Any]:
    """`options` with their secrets sealed; one that `known` holds already as it is there.

    Sealing the same text twice gives two texts, so that a source would look changed.

    Raises:
        SecretUnreadable: when there is a secret to seal and no key.
    """
    sealed = seal_options(options)
    for name in SECRET_OPTIONS:
        with contextlib.suppress(SecretUnreadable):
            if name in sealed and open_secret(known, name) == open_secret(sealed, name):
                sealed[name] = known[name]
    return sealed


def open_secret(options: Mapping[str, Any], name: str) -> str | None:
    """The secret behind an option in plain text; None when there is none.

    Raises:
        SecretUnreadable: when it was not sealed with the key of this installation.
    """
    value = options.get(name)
    if not isinstance(value, str) or not value:
        return None
    if not value.startswith(SEALED):
        raise SecretUnreadable(f"the option {name} is not sealed; enter it again")
    try:
        return _fernet().decrypt(value.removeprefix(SEALED).encode()).decode()
    except InvalidToken:
        raise SecretUnreadable(
            f"the option {name} was sealed with another key; enter it again"
        ) from None


def without_secrets(options: Mapping[str, Any]) -> dict[str, Any]:
    """The options that may be shown and handed on."""
    return {
        name: value
        for name, value in options.items()
        if name not in SECRET_OPTIONS and name != TOKEN_OPTION
    }


def make_token() -> tuple[str, str]:
    """A webhook's token to be shown once, and its hash to be kept (option `TOKEN_OPTION`).

    The token has 256 bits of chance, so that a plain SHA-256 cannot be searched.
    """
    token = secrets.token_urlsafe(32)
    return token, hash_token(token)


def token_matches(token: str, options: Mapping[str, Any]) -> bool:
    """Whether a webhook's caller knows the token; takes as long for wrong ones as for others."""
    kept = options.get(TOKEN_OPTION)
    return hmac.compare_digest(hash_token(token), kept if isinstance(kept, str) else "")


def hash_token(token: str) -> str:
    """What is kept of a webhook's token, as option `TOKEN_OPTION`."""
    return hashlib.sha256(token.encode()).hexdigest()


def _seal(plain: str) -> str:
    return SEALED + _fernet().encrypt(plain.encode()).decode()


def _fernet() -> Fernet:
    secret = os.environ.get(KEY_VARIABLE, "")
    if len(secret) < _LEAST_KEY_LENGTH:
        raise SecretUnreadable(
            f"{KEY_VARIABLE} does not hold the key for the secrets of sources "
            f"(at least {_LEAST_KEY_LENGTH} characters)"
        )
    return Fernet(base64.urlsafe_b64encode(hashlib.sha256(secret.encode()).digest()))
