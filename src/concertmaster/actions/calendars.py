"""What can be asked of calendars, and what must hold when one is made, changed or deleted."""

from typing import Annotated

from pydantic import Field

from concertmaster.domain import calendars, clock
from concertmaster.domain.call import Call
from concertmaster.entities import Calendar
from concertmaster.odata.operations import action
from concertmaster.odata.write import Change, hook

Name = Annotated[str, Field(min_length=1, max_length=150)]


@action("Calendars", "CalendarExists", permission="Settings.Edit")
def calendar_exists(call: Call, calendar_name: Name) -> bool:
    """Whether there is a calendar of this name."""
    return calendars.exists(call.session, calendar_name)


@hook("before_create", Calendar)
def before_create(call: Call, calendar: Calendar, change: Change) -> None:
    calendar.key = clock.new_guid()
    calendars.settle(calendar)


@hook("after_update", Calendar)
def after_update(call: Call, calendar: Calendar, change: Change) -> None:
    calendars.settle(calendar)
    calendars.follow(call.session, calendar, now=call.now)


@hook("before_delete", Calendar)
def before_delete(call: Call, calendar: Calendar) -> None:
    calendars.check_unused(call.session, calendar)
