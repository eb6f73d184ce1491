"""Hashes of passwords and secrets."""

import hashlib
import hmac
import re
import secrets

# Small on purpose: scenarios seed many users, and what is guarded is a stand-in.
_COST = {"n": 1024, "r": 8, "p": 1}


_HASHED = re.compile(r"scrypt\$((?:[0-9a-f]{2})+)\$((?:[0-9a-f]{2})+)")


def hash_password(password: str) -> str:
    salt = secrets.token_bytes(16)
    return f"scrypt${salt.hex()}${_scrypt(password, salt).hex()}"


def password_fits(password: str, hashed: str | None) -> bool:
    """Whether it is the one; takes as long when there is none to compare with."""
    found = _HASHED.fullmatch(hashed or "")
    salt, wanted = found.groups() if found else ("00", "00")
    made = _scrypt(password, bytes.fromhex(salt))
    return found is not None and hmac.compare_digest(made, bytes.fromhex(wanted))


def _scrypt(password: str, salt: bytes) -> bytes:
    # A lone surrogate is no text, but may come in JSON.
    return hashlib.scrypt(password.encode("utf-8", "surrogatepass"), salt=salt, **_COST)
