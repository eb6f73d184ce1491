"""Which scenario a request may name: a built-in one, the server's own, or what it brings along."""

import json
from typing import Annotated, Any

from pydantic import Field

from concertmaster.domain.errors import InvalidArgument
from concertmaster.scenarios import built_in, is_text
from concertmaster.settings import Settings

#: The name of a scenario, its YAML as text, or its entity sets with their rows. More letters than
#: this belong into a file that the server is started with.
Scenario = Annotated[str, Field(max_length=1_000_000)] | dict[str, Any]


def named(said: Scenario | None, settings: Settings) -> str | None:
    """A scenario as the store keeps it.

    Raises:
        InvalidArgument: there is none of that name. A path is none: no request reaches the
            server's files.
    """
    if said is None:
        return None
    if isinstance(said, dict):
        return json.dumps(said, ensure_ascii=False)  # JSON is YAML
    if said in built_in() or said == settings.scenario:
        return said
    if is_text(said):
        return said
    known = ", ".join(built_in())
    raise InvalidArgument(
        f"There is no scenario '{said[:100]}'. Built in are {known}; others are sent as YAML text "
        "or JSON."
    )
