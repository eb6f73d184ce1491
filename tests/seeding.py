"""A scenario is seeded once in a test process: later tenants get a copy, as a reset does.

What a copy has to look like is the product's own business (`scenarios/aging.py`), and tested there.
"""

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # imported when first used, so that the engine's own tests need no Orchestrator
    from concertmaster.store import Tenant
    from concertmaster.store.templates import Seeded


@dataclass
class _Kept:
    """A seeded database, put aside."""

    seeded: "Seeded"
    file: Path
    at: int  #: the moment that a copy of it shows, in ticks

    def holds(self) -> bool:
        return self.seeded.holds()

    def move(self, connection: Any, seconds: int) -> None:
        self.seeded.move(connection, seconds)

    def adopt(self, connection: Any, tenant: "Tenant") -> None:
        self.seeded.adopt(connection, tenant)


class SeedOnce:
    """Seeds tenants (`store/templates.py`, Seed)."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="concertmaster-seeded-")
        self._kept: dict[str, _Kept] = {}

    def __call__(self, tenant: "Tenant") -> "Seeded | None":
        from concertmaster.domain.clock import SECOND, Clock
        from concertmaster.scenarios import seed
        from concertmaster.store.templates import GOOD

        if tenant.dialect != "sqlite":
            return seed(tenant)
        kept, now = self._kept.get(tenant.scenario), Clock.wall()
        if kept is None or now - kept.at > GOOD or not kept.holds():
            return self._keep(tenant)
        seconds = (now - kept.at) // SECOND
        tenant.close()
        shutil.copyfile(kept.file, _file_of(tenant))
        with tenant.writing.begin() as connection:
            kept.adopt(connection, tenant)
            if seconds:
                kept.move(connection, seconds)
        return _Kept(kept.seeded, kept.file, kept.at + seconds * SECOND)

    def _keep(self, tenant: "Tenant") -> "Seeded":
        from concertmaster.scenarios import seed

        seeded = seed(tenant)
        tenant.close()  # so that all of it is in the one file
        file = Path(self._folder.name) / f"{len(self._kept)}-{seeded.at}.db"
        shutil.copyfile(_file_of(tenant), file)
        self._kept[tenant.scenario] = _Kept(seeded, file, seeded.at)
        return seeded


def _file_of(tenant: "Tenant") -> str:
    assert tenant.url.database
    return tenant.url.database
