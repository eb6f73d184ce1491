"""When something falls due: many questions in one statement are answered as each is by itself."""

import sqlalchemy as sa

from concertmaster.domain import clock
from concertmaster.domain.due import ask, first
from concertmaster.settings import Settings
from concertmaster.store import Tenant
from concertmaster.work.kinds import kinds
from work.conftest import START

AT = "2031-01-01T00:00:00.0000000Z"
SOON, LATER, NEVER = sa.select(sa.literal(START)), sa.select(sa.literal(AT)), sa.select(sa.null())


def test_answers_come_in_the_order_of_the_questions(tenant: Tenant) -> None:
    questions = [
        first(LATER), first(NEVER), lambda _session: "asked by itself", first(SOON, wait=60),
        first(LATER) | first(SOON), first(NEVER, wait=5) | first(LATER),
    ]  # fmt: skip
    with tenant.reader() as session:
        found = ask(session, questions)
        assert found == [AT, None, "asked by itself", clock.add(START, 60), START, AT]
        assert found == [one(session) for one in questions]


def test_how_long_to_wait_is_asked_only_where_there_is_something_to_wait_for(
    tenant: Tenant,
) -> None:
    asked = []

    def wait(_session: object) -> int | None:
        asked.append("")
        return None

    with tenant.reader() as session:
        assert first(NEVER, wait=wait)(session) is None
        assert asked == []
        assert first(SOON, wait=wait)(session) is None
        assert asked == [""]


def test_every_kind_of_work_says_together_what_it_says_alone(tenant: Tenant) -> None:
    questions = [kind.next for kind in kinds(Settings())]
    with tenant.reader() as session:
        assert ask(session, questions) == [one(session) for one in questions]
