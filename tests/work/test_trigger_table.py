"""Thirty days of triggers across a change of the clock, held against a table made by hand."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from concertmaster.domain import schedules
from concertmaster.domain.clock import new_guid
from concertmaster.entities import Calendar, ProcessSchedule, Setting
from concertmaster.settings import Settings
from concertmaster.store import Registry, Tenant
from concertmaster.work import triggers
from concertmaster.work.advancing import advance
from concertmaster.work.working import Working
from domain.trigger_room import SHARED, at, fill
from stand_in import DATABASE_URL

#: Germany puts its clocks ahead on 29 March, from 2:00 to 3:00; New York did on the 8th.
START, END = at("03-15 00:00"), at("04-14 00:00")

BERLIN, NEW_YORK = "W. Europe Standard Time", "Eastern Standard Time"

#: name → expression, zone, whether it keeps the calendar; ids follow the order.
TRIGGERS = {
    "reports": ("0 0 7 ? * MON-FRI", BERLIN, True),
    "in the gap": ("0 30 2 * * ?", BERLIN, False),
    "last weekday": ("0 0 18 LW * ?", BERLIN, False),
    "second friday": ("0 0 6 ? * FRI#2", NEW_YORK, True),
    "near the 4th": ("0 15 9 4W * ?", "UTC", False),
    "every eight hours": ("0 0 0/8 28-30 3 ?", BERLIN, False),
}

#: Good Friday and Easter Monday of 2026 in Germany.
DAYS_OFF = ("04-03", "04-06")

#: In Universal Time: before the change 7:00 is 06:00, afterwards 05:00.
TABLE = {
    "reports": [
        *[f"03-{day} 06:00" for day in (16, 17, 18, 19, 20, 23, 24, 25, 26, 27)],
        *[f"03-{day} 05:00" for day in (30, 31)],
        *[f"04-{day:02} 05:00" for day in (1, 2, 7, 8, 9, 10, 13)],  # but for Easter
    ],
    "in the gap": [
        *[f"03-{day} 01:30" for day in range(15, 29)],
        "03-29 01:30",  # 2:30 is skipped: 3:30 summer time, which is the same as ever here
        *[f"03-{day} 00:30" for day in (30, 31)],
        *[f"04-{day:02} 00:30" for day in range(1, 14)],
    ],
    "last weekday": ["03-31 16:00"],
    "second friday": ["04-10 10:00"],
    "near the 4th": ["04-03 09:15"],  # the 4th is a Saturday
    "every eight hours": [
        "03-27 23:00", "03-28 07:00", "03-28 15:00",
        "03-28 23:00", "03-29 06:00", "03-29 14:00",
        "03-29 22:00", "03-30 06:00", "03-30 14:00",
    ],
}  # fmt: skip


@pytest.fixture
def tenant(tmp_path: Path) -> Iterator[Tenant]:
    url = SecretStr(DATABASE_URL) if DATABASE_URL else None
    registry = Registry.open(Settings(data=tmp_path, ephemeral=True, database_url=url), fill)
    registry.default.clock.freeze(START)
    _set_up(registry.default)
    yield registry.default
    registry.close()


def _set_up(tenant: Tenant) -> None:
    with tenant.session() as session, session.begin():
        name = "Triggers.JobsCountStrategy"
        session.add(Setting(id=name, name=name, value="NoLimit"))  # nobody takes the jobs here
        days = [f"2026-{day}T00:00:00Z" for day in DAYS_OFF]
        calendar = Calendar(key=new_guid(), name="Easter", time_zone_id=BERLIN, excluded_dates=days)
        session.add(calendar)
        session.flush()
        for name, (expression, zone, keeps) in TRIGGERS.items():
            schedule = ProcessSchedule(
                key=new_guid(), name=name, release_id=1, organization_unit_id=SHARED,
                enabled=True, start_process_cron=expression, time_zone_id=zone, start_strategy=1,
                calendar_id=calendar.id if keeps else None,
            )  # fmt: skip
            with session.no_autoflush:
                schedules.settle(session, schedule, now=START)
            session.add(schedule)
            session.flush()


def test_a_month_fires_as_the_table_says(tenant: Tenant) -> None:
    numbers = {name: number for number, name in enumerate(TRIGGERS, 1)}
    expected = sorted(
        (at(moment), numbers[name]) for name, moments in TABLE.items() for moment in moments
    )
    working = Working(tenant, (triggers.TIME_LIMITS, triggers.TRIGGERS), threading.Event())
    fired = advance(working, END)
    assert [(one.at, one.id) for one in fired] == expected
    assert {one.what for one in fired} == {"schedule.fired"}
