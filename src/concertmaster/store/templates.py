"""Seeded databases to copy from: a scenario is worked out once, every other tenant is a copy.

A copy has to look as if it had been seeded this moment, in this tenant. What was seeded knows how
(`Seeded`): moments that were reckoned from the seeding move on by whole seconds, and what names the
tenant is renamed. What cannot be moved like that (days without an hour, figures of full hours)
stays as it is, so a template is worked out anew when it is older than `GOOD`.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

import sqlalchemy as sa

from concertmaster.domain.clock import SECOND, Clock
from concertmaster.store import migrations
from concertmaster.store.databases import Databases
from concertmaster.store.tenant import Tenant

#: For how long a template is used, in ticks.
GOOD: Final = 600 * SECOND

#: How many scenarios are kept ready; whoever sends one of their own with each request has many.
MOST: Final = 12


class Seeded(Protocol):
    """What a scenario put into a database, and what depends on when and for whom."""

    at: int  #: when it was seeded, in ticks

    def holds(self) -> bool:
        """Whether the scenario still says the same: its files may have been edited."""
        ...

    def move(self, connection: sa.Connection, seconds: int) -> None:
        """Make it look as if it had been seeded so much later."""
        ...

    def adopt(self, connection: sa.Connection, tenant: Tenant) -> None:
        """Make it look as if it had been seeded for this tenant."""
        ...


#: Puts into a new tenant what its scenario says.
Seed = Callable[[Tenant], Seeded | None]


class Facts(Protocol):
    """Texts that are remembered by name, for all processes that share the registry."""

    def get(self, name: str) -> str | None: ...
    def set(self, name: str, value: str) -> None: ...


@dataclass
class _Template:
    database: str
    fact: str  #: under which its moment is remembered
    seeded: Seeded


class Templates:
    """Fills databases of tenants; callers see to it that one does so at a time."""

    def __init__(self, databases: Databases, seed: Seed, facts: Facts) -> None:
        self._databases = databases
        self._seed = seed
        self._facts = facts
        self._made: dict[str, _Template] = {}

    def names(self) -> set[str]:
        """The databases that are kept to copy from."""
        return {template.database for template in self._made.values()}

    def fill(self, tenant: Tenant, *, keep: bool = True) -> None:
        """Make the tenant's database hold its scenario; `keep` a copy for the next one."""
        template = self._made.get(tenant.scenario)
        if template is None or not self._bring_up_to_date(template):
            self._work_out(tenant, keep=keep)
            return
        self._databases.copy(template.database, tenant.database)
        with tenant.writing.begin() as connection:
            template.seeded.adopt(connection, tenant)
        self._made[tenant.scenario] = self._made.pop(tenant.scenario)  # the one used last

    def _work_out(self, tenant: Tenant, *, keep: bool) -> None:
        self._databases.clone(tenant.database)
        seeded = self._seed(tenant)
        if seeded is None or not keep:
            return
        tenant.close()  # a database that is in use cannot be copied everywhere
        name = _digest(tenant.scenario)
        template = _Template(self._databases.template(name), f"seeded-{name}", seeded)
        self._databases.copy(tenant.database, template.database)
        self._facts.set(template.fact, str(seeded.at))
        self._made[tenant.scenario] = template
        while len(self._made) > MOST:
            self._databases.drop(self._made.pop(next(iter(self._made))).database)

    def _bring_up_to_date(self, template: _Template) -> bool:
        """Move it to this moment; False where it is no good any more."""
        now = Clock.wall()
        at = int(self._facts.get(template.fact) or 0)  # another replica may have moved it
        if now - template.seeded.at > GOOD or not template.seeded.holds():
            return False
        seconds = (now - at) // SECOND
        if seconds > 0:
            try:
                with self._databases.amended(template.database) as connection:
                    template.seeded.move(connection, seconds)
            except BaseException:
                self._made.clear()  # it may be moved by half
                raise
            self._facts.set(template.fact, str(at + seconds * SECOND))
        return True


def _digest(scenario: str) -> str:
    said = f"{migrations.fingerprint()} {scenario}"
    return hashlib.sha256(said.encode()).hexdigest()[:16]
