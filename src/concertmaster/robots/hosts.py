"""The X-ROBOT-… headers → where a robot connects from."""

import base64
import binascii
from collections.abc import Mapping

from concertmaster.domain.sessions import Host
from concertmaster.entities import Platform

#: Words in X-ROBOT-AGENT (`OS=Windows`) → platform.
_PLATFORMS = {
    "windows": Platform.Windows, "linux": Platform.Linux, "osx": Platform.OSX, "mac": Platform.OSX,
}  # fmt: skip


def read_host(headers: Mapping[str, str], service_user: str | None = None) -> Host:
    """Headers by name in lower case; a body may name the service user where no header does."""
    listed = headers.get("x-robot-capabilities")
    agent = headers.get("x-robot-agent", "").lower()
    return Host(
        license_key=headers.get("x-robot-license"),
        name=(_decoded(headers, "x-robot-machine") or "unknown")[:255],
        user_name=(_decoded(headers, "x-robot-service-username") or service_user or "")[:255]
        or None,
        version=headers.get("x-robot-version", "")[:50] or None,
        platform=next((p for word, p in _PLATFORMS.items() if word in agent), Platform.Unknown),
        capabilities=None
        if listed is None
        else frozenset(word.strip().lower() for word in listed[:4000].split(",") if word.strip()),
    )


def _decoded(headers: Mapping[str, str], name: str) -> str | None:
    """The encoded header (Base64 of UTF-8) goes before the plain one."""
    encoded = headers.get(f"{name}-encoded")
    if encoded:
        try:
            return base64.b64decode(encoded, validate=True).decode("utf-8").replace("\0", "")
        except (binascii.Error, UnicodeDecodeError):
            pass
    return headers.get(name)
