"""Triggers fired by several at once: each fires once."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier, Event

import pytest
import sqlalchemy as sa
from pydantic import SecretStr

from concertmaster.domain import schedules
from concertmaster.domain.clock import new_guid
from concertmaster.entities import Job, ProcessSchedule, Setting
from concertmaster.settings import Settings
from concertmaster.store import Registry, Tenant
from concertmaster.work import triggers
from domain.trigger_room import NOW, SHARED, at, fill
from stand_in import DATABASE_URL

WORKERS, TRIGGERS = 4, 12


@pytest.fixture
def tenant(tmp_path: Path) -> Iterator[Tenant]:
    url = SecretStr(DATABASE_URL) if DATABASE_URL else None
    registry = Registry.open(Settings(data=tmp_path, ephemeral=True, database_url=url), fill)
    with registry.default.session() as session, session.begin():
        name = "Triggers.JobsCountStrategy"
        session.add(Setting(id=name, name=name, value="NoLimit"))
        for number in range(TRIGGERS):
            schedule = ProcessSchedule(
                key=new_guid(), name=f"t{number}", release_id=1, organization_unit_id=SHARED,
                enabled=True, start_process_cron="0 0 9 * * ?", time_zone_id="UTC",
                start_strategy=1,
            )  # fmt: skip
            with session.no_autoflush:
                schedules.settle(session, schedule, now=NOW)
            session.add(schedule)
    yield registry.default
    registry.close()


def test_each_fires_once(tenant: Tenant) -> None:
    together, stopping = Barrier(WORKERS), Event()

    def work() -> list[int | str]:
        together.wait()
        fired = triggers.TRIGGERS.run(tenant, at("03-02 09:00"), stopping)
        return [one.id for one in fired]

    with ThreadPoolExecutor(WORKERS) as pool:
        futures = [pool.submit(work) for _ in range(WORKERS)]
        fired = Counter(id_ for future in futures for id_ in future.result())
    assert fired == dict.fromkeys(range(1, TRIGGERS + 1), 1)
    with tenant.reader() as session:
        of_each = sa.select(Job.starting_schedule_id, sa.func.count()).group_by(
            Job.starting_schedule_id
        )
        started = dict(session.execute(of_each).all())
    assert started == dict.fromkeys(range(1, TRIGGERS + 1), 1)
