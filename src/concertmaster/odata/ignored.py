"""What a request said that nobody declared: let by in lenient mode, and told to whoever listens.

Nothing listens by default; an application that wants to know opens a list for each request.
"""

from contextvars import ContextVar

_HEARD: ContextVar[list[str] | None] = ContextVar("ignored", default=None)


def listen() -> list[str]:
    """From now on, in this context, what is ignored is added to the list that is returned."""
    heard: list[str] = []
    _HEARD.set(heard)
    return heard


def ignore(kind: str, name: str) -> None:
    """`member` or `option`, and its name as it was sent."""
    heard = _HEARD.get()
    if heard is not None and len(heard) < 50:
        heard.append(f"{kind} {name[:100]}")
