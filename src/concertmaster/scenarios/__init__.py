"""Scenarios: what a new tenant holds, said in YAML.

A file names entity sets (or types) and gives their rows in the API's own words:

    about: Two queues and nothing in them.
    include: roles                      # other scenarios that come first
    background: paused                  # nothing happens by itself until it is told to
    QueueDefinitions:
      - {Id: 188, Name: Invoices, Folder: Shared, MaxNumberOfRetries: 2}
      - {Name: Reminders, Folder: Shared}

Members are those of the declarations, in any letter case; what the server sets (keys, paths, names
of what is referred to) may be left out. Enumerations stand by name, references by name, key or id:
a member of the declaration that ends in `Id` may be said without it (`Robot: DocBot`), `Folder` is
where a row lives. What is referred to may stand anywhere in the file. A few members are no columns:

    Users         Password, Roles: [names], Folders: [paths] or {path: [roles]}
    Machines      Folders: [paths]
    Environments  Robots: [names]
    Releases      Outcome: a mode, or the words of `domain/outcome_words.py`
    Sessions      Simulated: true, for a robot that is always there and runs jobs by itself
    Roles         Permissions: [names]; `*` stands for any part (`Jobs.*`, `*.View`)

Rows in bulk, and moments that depend on the seeding, are written with the words of
`generators.py`. Ids that are not said follow on the highest, in order of time where rows have one.
"""

from functools import partial

from concertmaster.scenarios.aging import Aging, adopt
from concertmaster.scenarios.building import build
from concertmaster.scenarios.checking import check_values
from concertmaster.scenarios.reading import ScenarioError, built_in, is_text, read
from concertmaster.scenarios.storing import store
from concertmaster.store import Tenant

__all__ = ["ScenarioError", "adopt", "built_in", "check_values", "is_text", "seed"]


def seed(tenant: Tenant) -> Aging:
    """Put into a migrated, empty tenant what its scenario says, in one transaction.

    Answers how what was put there depends on the moment and on the tenant.

    Raises:
        ScenarioError: there is no such scenario, or it says what cannot be.
    """
    scenario = read(tenant.scenario)
    world = build(scenario, tenant)
    with tenant.writing.begin() as connection:
        store(connection, world)
    if scenario.paused:
        tenant.clock.pause()
    return Aging(world, partial(build, scenario, tenant), scenario.files)
