"""What a scenario says → the rows of every table, in memory, checked and complete."""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from graphlib import CycleError, TopologicalSorter
from typing import Any

import sqlalchemy as sa

from concertmaster.domain import clock
from concertmaster.domain.errors import OrchestratorError
from concertmaster.entities import (
    Environment,
    Folder,
    Job,
    Machine,
    Permission,
    Process,
    ProcessSchedule,
    QueueItem,
    QueueItemComment,
    QueueItemEvent,
    Release,
    Robot,
    RobotLog,
    User,
)
from concertmaster.entities import Tenant as TenantEntity
from concertmaster.scenarios import derived, figures, outcomes, words
from concertmaster.scenarios.generators import EACH, REPEAT, Make, Point, maker
from concertmaster.scenarios.kinds import (
    Children,
    Column,
    Kind,
    Member,
    Reference,
    kinds,
    kinds_by_name,
)
from concertmaster.scenarios.reading import Scenario, ScenarioError, Template
from concertmaster.store import Tenant

#: Ids follow the moments of rows that have one, whatever the order they are written in.
CHRONOLOGY: Mapping[type[Any], str] = {
    Job: "creation_time",
    QueueItem: "creation_time",
    QueueItemEvent: "timestamp",
    RobotLog: "time_stamp",
}

#: Who refers to whom beside the foreign keys.
REFERS: Mapping[type[Any], tuple[type[Any], ...]] = {
    Machine: (Folder,),
    Environment: (Robot,),
    Release: (Process,),
    ProcessSchedule: (Robot,),
    RobotLog: (Job,),
    QueueItemComment: (User,),
    QueueItemEvent: (User,),
}

MOST_ROWS = 1_000_000

#: Keys are made of names, so that the same scenario has the same keys everywhere.
_KEYS = uuid.UUID("6a0f6a58-0d34-5a6f-9a57-636f6e636572")


#: Members of a row that are rows or links elsewhere: name, declaration (None is a word), value.
Owned = list[tuple[str, "Member | None", Any]]


class Row(dict[str, Any]):
    """The values of one row by attribute, and which of them the file says itself."""

    __slots__ = ("said",)

    def __init__(self, blank: Mapping[str, Any]) -> None:
        super().__init__(blank)
        self.said: set[str] = set()

    def say(self, attribute: str, value: Any) -> None:
        self[attribute] = value
        self.said.add(attribute)

    def offer(self, attribute: str, value: Any) -> None:
        """What holds if the file does not say."""
        if attribute not in self.said:
            self[attribute] = value


class World:
    """Everything that will be in the tenant."""

    def __init__(self, tenant: Tenant, now: str) -> None:
        self.tenant = tenant
        self.now = now
        self.rows: dict[type[Any], dict[Any, Row]] = defaultdict(dict)
        self.links: dict[sa.Table, list[dict[str, Any]]] = defaultdict(list)
        self.catalogue: Mapping[str, Any] = {}  #: all permissions, with their scopes
        self.row_version = 0  #: the highest one so far
        self.names_tenant = False  #: whether the tenant's row is ours, not the scenario's
        self._names: dict[tuple[type[Any], str], list[Any]] = defaultdict(list)
        self._highest: dict[type[Any], int] = defaultdict(int)

    # --- finding ----------------------------------------------------------------------------

    def find(self, cls: type[Any], key: Any) -> Row | None:
        return self.rows[cls].get(key)

    def by_name(self, cls: type[Any], name: str) -> Row | None:
        """The one row of that name or key."""
        keys = self._names.get((cls, name.lower()), [])
        return self.rows[cls][keys[0]] if len(keys) == 1 else None

    def look_up(self, cls: type[Any], said: Any, folder: Any = None) -> Any:
        """The key of the row that a reference means: by id, by key, or by name, here first."""
        if said is None:
            return None
        kind = kinds()[cls]
        if said in self.rows[cls] and (kind.counted is not isinstance(said, str)):
            return said
        keys = self._names.get((cls, str(said).lower()), [])
        here = [key for key in keys if self.rows[cls][key].get("organization_unit_id") == folder]
        found = here or keys
        if not found:
            raise ValueError(f"there is no {cls.__name__} '{said}'")
        if len(found) > 1:
            raise ValueError(f"'{said}' is the name of more than one {cls.__name__}: say its id")
        return found[0]

    def path(self, cls: type[Any], row: Row, path: str) -> Any:
        """A member of a row, or of what it refers to: `Robot/Name`."""
        first, _, rest = path.partition("/")
        member = kinds()[cls].find(first)
        if rest and isinstance(member, Reference):
            target = self.find(member.to, row[member.attribute])
            return None if target is None else self.path(member.to, target, rest)
        if rest or not isinstance(member, Column):
            raise ValueError(f"{cls.__name__} has no member '{path}'")
        value = row[member.attribute]
        return member.names.get(value, value) if member.names else value

    # --- adding -----------------------------------------------------------------------------

    def add(self, kind: Kind, row: Row) -> None:
        """Give a row its key and what else the server would set."""
        cls = kind.cls
        if row[kind.key] is None and kind.counted:
            row[kind.key] = self._highest[cls] + 1
        derived.before_key(self, cls, row)
        key = row[kind.key]
        if key in self.rows[cls]:
            raise ValueError(f"the {kind.wire(kind.key)} {key} is given twice")
        if kind.counted:
            self._highest[cls] = max(self._highest[cls], key)
        self.rows[cls][key] = row
        derived.complete(self, cls, row)
        for name in {row.get("key"), row.get(kind.named_by or "")} - {None}:
            self._names[cls, str(name).lower()].append(key)

    def new(self, cls: type[Any], **values: Any) -> Row:
        """A row that follows from another one."""
        kind = kinds()[cls]
        row = Row(kind.blank)
        for attribute, value in values.items():
            row.say(attribute, value)
        self.add(kind, row)
        return row

    def guid(self, *of: Any) -> str:
        return str(uuid.uuid5(_KEYS, "/".join(map(str, of))))


def build(scenario: Scenario, tenant: Tenant, now: str | None = None) -> World:
    """Every row that the scenario means for this tenant, at its present time or another."""
    world = World(tenant, now or tenant.clock.now())
    by_kind: dict[type[Any], list[Template]] = defaultdict(list)
    for template in scenario.templates:
        kind = kinds_by_name().get(template.entity_set.lower())
        if kind is None:
            raise ScenarioError(f"{template.file}: there is no entity set '{template.entity_set}'")
        by_kind[kind.cls].append(template)
    world.catalogue = words.catalogue(by_kind[Permission])
    for cls in _order({cls: found for cls, found in by_kind.items() if found}):
        _Writer(world, kinds()[cls]).write(by_kind[cls])
    figures.add(world)
    outcomes.add(world)
    if not world.rows[TenantEntity]:
        world.new(TenantEntity, **derived.tenant(tenant))
        world.names_tenant = True
    return world


def _order(by_kind: Mapping[type[Any], list[Template]]) -> Iterable[type[Any]]:
    """What others refer to comes first."""
    graph: dict[type[Any], set[type[Any]]] = {}
    for cls in by_kind:
        members = list(kinds()[cls].members.values())
        for child in [member.of for member in members if isinstance(member, Children)]:
            members += kinds()[child].members.values()
        before = {member.to for member in members if isinstance(member, Reference)}
        before |= {_source(template)[0] for template in by_kind[cls] if EACH in template.said}
        graph[cls] = (before | set(REFERS.get(cls, ()))) - {cls}
    try:
        order = list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        names = " and ".join(cls.__name__ for cls in error.args[1])
        raise ScenarioError(f"{names} wait for each other") from error
    return [cls for cls in order if cls in by_kind]


def _source(template: Template) -> tuple[type[Any], Mapping[str, Any]]:
    """The set that `each` goes through, and the condition on its rows."""
    each = template.said[EACH]
    said = each if isinstance(each, dict) else {"set": each}
    kind = kinds_by_name().get(str(said.get("set")).lower())
    where = said.get("where", {})
    if kind is None or not isinstance(where, dict) or not set(said) <= {"set", "where"}:
        raise ScenarioError(f"{template.where}: 'each' takes a set, and a 'where' with members")
    return kind.cls, where


@dataclass
class _Pattern:
    """A template, read once: what every row of it holds, and what differs."""

    fixed: dict[str, Any]  #: by attribute
    said: dict[str, Any]  #: the same as the file says it
    makers: list[tuple[str, Make]]  #: in the order of the file
    members: list[tuple[str, Member | None]]  #: None is a word


class _Writer:
    """Writes the rows of one entity type."""

    def __init__(self, world: World, kind: Kind) -> None:
        self.world = world
        self.kind = kind
        self.member = ""  #: where an error came up

    def write(self, templates: list[Template]) -> None:
        written: Iterable[tuple[Template, Row, Owned]] = (
            (template, *made) for template in templates for made in self._rows(template)
        )
        time = CHRONOLOGY.get(self.kind.cls)
        if time:
            # Those that have their ids already go first, so that the others follow on the highest.
            written = sorted(written, key=lambda w: (w[1][self.kind.key] is None, str(w[1][time])))
        for template, row, owned in written:
            try:
                self._settle(row, owned)
            except _WRONG as error:
                raise self._located(template, error) from error

    def _rows(self, template: Template) -> Iterator[tuple[Row, Owned]]:
        try:
            pattern = self._pattern(template.said)
            for point in self._points(template):
                yield self._row(pattern, point)
        except _WRONG as error:
            raise self._located(template, error) from error

    def _located(self, template: Template, error: Exception) -> ScenarioError:
        if isinstance(error, ScenarioError):
            return error
        where = f"{template.where}: {self.member}" if self.member else template.where
        return ScenarioError(f"{where}: {error}")

    # --- from a template to rows --------------------------------------------------------------

    def _pattern(self, template: Mapping[str, Any]) -> _Pattern:
        pattern = _Pattern({}, {}, [], [])
        for name, said in template.items():
            if name in (REPEAT, EACH):
                continue
            self.member = str(name)
            member = self._member(self.member)
            if isinstance(member, Column) and not isinstance(said, (dict, list)):
                pattern.said[name] = said
                pattern.fixed[member.attribute] = None if said is None else member.read(said)
                continue
            pattern.makers.append((name, maker(said)))
            pattern.members.append((name, member))
        # The folder first: names of other things are looked for in it.
        pattern.members.sort(key=lambda m: not (isinstance(m[1], Reference) and m[1].to is Folder))
        self.member = ""
        return pattern

    def _member(self, name: str) -> Member | None:
        if words.find(self.kind.cls, name) is not None:
            return None
        member = self.kind.find(name)
        if member is None:
            raise ValueError(f"{self.kind.cls.__name__} has no such member")
        return member

    def _row(self, pattern: _Pattern, point: Point) -> tuple[Row, Owned]:
        """The row, and the members that belong to other tables."""
        row = Row(self.kind.blank)
        row.update(pattern.fixed)
        row.said.update(pattern.fixed)
        point.mine = mine = dict(pattern.said)
        for self.member, make in pattern.makers:
            mine[self.member] = make(point)
        owned: Owned = []
        for self.member, member in pattern.members:
            value = mine[self.member]
            if isinstance(member, Column):
                row.say(member.attribute, None if value is None else member.read(value))
            elif isinstance(member, Reference):
                folder = row.get("organization_unit_id")
                row.say(member.attribute, self.world.look_up(member.to, value, folder))
            else:
                owned.append((self.member, member, value))
        self.member = ""
        return row, owned

    def _points(self, template: Template) -> Iterator[Point]:
        now, n = clock.ticks(self.world.now), 0
        repeat = template.said.get(REPEAT, 1)
        if not isinstance(repeat, int) or not 0 <= repeat <= MOST_ROWS:
            raise ValueError(f"'{REPEAT}' takes a number up to {MOST_ROWS:,}")
        for its in self._sources(template):
            for _ in range(repeat):
                n += 1
                yield Point(now, n, its=its)

    def _sources(self, template: Template) -> Iterator[Any]:
        if EACH not in template.said:
            yield None
            return
        cls, where = _source(template)
        wanted = [self._condition(cls, name, value) for name, value in where.items()]
        for row in list(self.world.rows[cls].values()):
            if all(row[attribute] in values for attribute, values in wanted):
                yield partial(self.world.path, cls, row)

    def _condition(self, cls: type[Any], name: str, said: Any) -> tuple[str, list[Any]]:
        member = kinds()[cls].find(name)
        values = said if isinstance(said, list) else [said]
        if isinstance(member, Column):
            return member.attribute, [v if v is None else member.read(v) for v in values]
        if isinstance(member, Reference):
            return member.attribute, [self.world.look_up(member.to, value) for value in values]
        raise ValueError(f"{cls.__name__} has no member '{name}'")

    # --- from a row to everything that comes with it --------------------------------------------

    def _settle(self, row: Row, owned: Owned) -> None:
        self.world.add(self.kind, row)
        for self.member, member, value in owned:
            word = words.find(self.kind.cls, self.member)
            if word is not None:
                word(self.world, row, value)
            elif isinstance(member, Children):
                self._write_children(member, row, value)
        self.member = ""
        for attribute in self.kind.needed:
            if row[attribute] is None:
                raise ValueError(f"the member {self.kind.wire(attribute)} is missing")

    def _write_children(self, member: Children, row: Row, rows: Any) -> None:
        child = _Writer(self.world, kinds()[member.of])
        if not isinstance(rows, list) or not all(isinstance(said, dict) for said in rows):
            raise ValueError("a list of rows is expected")
        for said in rows:
            try:
                # The words in it are made already: what is left is content.
                plain = {name: {"literal": value} for name, value in said.items()}
                made, owned = child._row(child._pattern(plain), Point(0))
                made.say(member.attribute, row[self.kind.key])
                child._settle(made, owned)
            except _WRONG as error:
                raise ValueError(f"{child.member}: {error}" if child.member else error) from error


#: What wrong words in a file lead to.
_WRONG = (ValueError, TypeError, LookupError, OrchestratorError)
