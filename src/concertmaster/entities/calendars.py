"""Calendars: days on which no trigger fires."""

from concertmaster.entities._kinds import Entity, UniqueKey
from concertmaster.odata.declare import Instant, Json, Key, Mapped, prop


class Calendar(
    Entity,
    entity_set="Calendars",
    methods="GET POST PUT DELETE",
    permissions={
        "GET": "",  # whoever makes a trigger has to choose one
        "POST": "Settings.Create",
        "PUT": "Settings.Edit",
        "DELETE": "Settings.Delete",
    },
    scope="OR.Settings",
    type_name="ExtendedCalendarDto",
):
    """Days that are no working days. Of each date the day counts, not the time."""

    name: Mapped[str] = prop(length=150, required=True, unique=True)
    time_zone_id: Mapped[str | None] = prop(length=80)
    excluded_dates: Mapped[Json] = prop(complex=Instant, collection=True, default=list)
    key: Mapped[UniqueKey]
    id: Mapped[Key]
