"""A bookshop: a second model for the engine's tests, to expand and to write."""

import enum
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, relationship

from concertmaster.odata.declare import (
    TYPES,
    Declared,
    Guid,
    Instant,
    Int64,
    Json,
    Key,
    RowVersion,
    prop,
)
from concertmaster.odata.errors import ODataError
from concertmaster.odata.model import EntityType, Model
from concertmaster.odata.operations import Nothing, Operations, Payload, action, function
from concertmaster.odata.plan import Inside, Restriction
from concertmaster.odata.request import Request
from concertmaster.odata.response import Response
from concertmaster.odata.service import Behaviour, Complex, Selection, Service, select
from concertmaster.odata.target import Target
from concertmaster.odata.write import Change, Hooks, hook

ROOT = "http://shop/odata/"


class Genre(enum.IntEnum):
    Novel = 0
    Poetry = 1
    Science = 5


class Entity(Declared, DeclarativeBase):
    type_annotation_map = TYPES


class Shelf(Entity, entity_set="Shelves", methods="GET POST PUT PATCH DELETE"):
    """Where books stand."""

    name: Mapped[str] = prop(length=20, required=True, unique=True)
    lamp: Mapped[bool]
    id: Mapped[Key]
    books: Mapped[list["Book"]] = relationship(back_populates="shelf", order_by="Book.id")
    cheap: Mapped[list["Book"]] = relationship(
        primaryjoin=lambda: sa.and_(Book.shelf_id == Shelf.id, Book.price < 5), viewonly=True
    )


book_authors = sa.Table(
    "book_authors",
    Entity.metadata,
    sa.Column("book_id", sa.ForeignKey("books.id"), primary_key=True),
    sa.Column("author_id", sa.ForeignKey("authors.id"), primary_key=True),
)


class Author(Entity, entity_set="Authors", methods="GET POST"):
    """Who writes."""

    name: Mapped[str] = prop(length=40, required=True)
    id: Mapped[Key]
    books: Mapped[list["Book"]] = relationship(secondary=book_authors, back_populates="authors")


class Size:
    """How large a book is."""

    pages: int | None
    cover: str | None


class Book(
    Entity,
    entity_set="Books",
    methods="GET POST PUT PATCH DELETE",
    default_order="Id desc",
    alternate_key="Key",
    aliases={"ShelfName": "Shelf/Name"},
):
    """Something to read."""

    key: Mapped[Guid] = prop(unique=True, computed=True)
    title: Mapped[str] = prop(length=50, required=True)
    genre: Mapped[Genre] = prop(default=Genre.Novel)
    price: Mapped[float | None] = prop(minimum=0, maximum=1000)
    printed: Mapped[Instant | None]
    isbn: Mapped[str | None] = prop(length=13, immutable=True)
    code: Mapped[str | None] = prop(length=10, masked=True)
    pin: Mapped[str | None] = prop(length=10, secret=True)
    version: Mapped[RowVersion] = prop(computed=True, default=1)
    shelf_id: Mapped[Int64 | None] = prop(sa.ForeignKey("shelves.id"))
    id: Mapped[Key]
    size: Mapped[Json | None] = prop(complex=Size)
    notes: Mapped[Json | None]
    words: Mapped[Json | None] = prop(complex=str, collection=True)
    shelf: Mapped[Shelf | None] = relationship(back_populates="books")
    authors: Mapped[list[Author]] = relationship(secondary=book_authors, back_populates="books")


CLASSES: tuple[type[Any], ...] = (Shelf, Author, Book)
NOON = "2020-01-01T12:00:00.0000000Z"


# --- operations and hooks -------------------------------------------------------------------


class Discount(Payload):
    percent: int
    genre: Genre | None = None


@function("Books", "Cheapest")
def cheapest(call: Any, below: float) -> Selection:
    """Books that cost less than a price."""
    return select(Book, Book.price < below)


@function("Books", "Newest")
def newest(call: Any) -> Book | None:
    """The book that came last; nothing when there is none."""
    return call.session.scalars(sa.select(Book).order_by(Book.id.desc())).first()  # type: ignore[no-any-return]


@function("Books", "Shop.Pages", key=True)
def pages(call: Any, key: int) -> int:
    """How many pages a book has."""
    book = call.session.get_one(Book, key)
    return int((book.size or {}).get("Pages") or 0)


@action("Books", "Discount", status=201)
def discount(call: Any, discount: Discount) -> list[Book]:
    """Make books cheaper."""
    found = list(
        call.session.scalars(sa.select(Book).where(Book.genre == discount.genre).order_by(Book.id))
    )
    for book in found:
        book.price = (book.price or 0) * (100 - discount.percent) / 100
    return found


@action("Books", "Burn")
def burn(call: Any) -> Nothing:
    """Does nothing, and says so with an empty object."""
    return Nothing()


@action("Books", "Shout", key=True)
def shout(call: Any, key: int, loud: bool = False) -> None:
    """Answers nothing at all."""


@function("Till", "Sum")
def till(call: Any) -> Complex:
    """An operation of a set that has no entities."""
    return Complex("Shop.Sum", {"Total": 5})


@hook("before_create", Book)
def give_key(call: Any, book: Book, change: Change) -> None:
    book.key = f"00000000-0000-0000-0000-{len(change.values):012}"
    if book.title == "forbidden":
        raise ODataError("not this one")


# --- a host that lets everyone in -----------------------------------------------------------


@dataclass
class Call:
    session: Session
    now: str = NOON

    @property
    def connection(self) -> sa.Connection:
        return self.session.connection()


class Shop:
    """A service over a database of its own, and a short way to ask it."""

    def __init__(
        self,
        engine: sa.Engine,
        behaviour: Behaviour | None = None,
        classes: tuple[type[Any], ...] = CLASSES,
    ) -> None:
        self.engine = engine
        self.told: list[tuple[str, Any]] = []  #: what the engine told its host of changes
        self.restriction: Restriction | None = None
        self.inner: Inside | None = None
        model = Model.of(classes, namespace="Shop")
        module = __import__(__name__, fromlist=["*"])
        assert isinstance(module, ModuleType)
        self.service = Service(
            model, self, operations=Operations([module], "Shop"), hooks=Hooks([module]),
            behaviour=behaviour,
        )  # fmt: skip

    @contextmanager
    def open(self, request: Request, target: Target) -> Iterator[Call]:
        with Session(self.engine, expire_on_commit=False) as session:
            yield Call(session)
            session.commit()

    def restrict(self, call: Call, entity_type: EntityType) -> Restriction | None:
        return self.restriction if entity_type.cls is Book else None

    def inside(self, call: Call) -> Inside | None:
        return self.inner

    def prepare(self, call: Call, entity: Any) -> None:
        pass

    def created(self, call: Call, entity: Any, change: Any) -> None:
        self.told.append(("created", entity.id))

    def updating(self, call: Call, entity: Any, change: Any) -> None:
        self.told.append(("updating", entity.id))

    def deleting(self, call: Call, entity: Any) -> None:
        self.told.append(("deleting", entity.id))

    def acted(self, call: Call, operation: Any, key: Any, arguments: Any, result: Any) -> None:
        self.told.append((operation.name, key))

    def ask(
        self, method: str, url: str, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> Response:
        path, _, query = url.partition("?")
        data = b"" if body is None else body if isinstance(body, bytes) else orjson.dumps(body)
        return self.service.respond(Request(method, path, query, ROOT, headers or {}, data))

    def get(self, url: str, **headers: str) -> Any:
        answer = self.ask("GET", url, headers={k.replace("_", "-"): v for k, v in headers.items()})
        assert answer.status == 200
        return orjson.loads(answer.body)


def fill(engine: sa.Engine) -> None:
    """Three shelves, four authors, ten books."""
    Entity.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all([Shelf(id=n, name=f"Shelf {n}", lamp=n == 1) for n in (1, 2, 3)])
        authors = [Author(id=n, name=f"Author {n}") for n in (1, 2, 3, 4)]
        session.add_all(authors)
        for n in range(1, 11):
            session.add(
                Book(
                    id=n,
                    key=f"aaaaaaaa-0000-0000-0000-{n:012}",
                    title=f"Book {n}",
                    genre=Genre.Science if n % 3 == 0 else Genre.Novel,
                    price=None if n == 10 else n * 1.5,
                    printed=f"2020-01-{n:02}T00:00:00.{n}000000Z",
                    code=f"C{n}",
                    pin="1234",
                    version=n,
                    shelf_id=None if n == 5 else 1 + n % 2,
                    size={"Pages": n * 100, "Cover": None},
                    words=["a", "b"] if n == 1 else None,
                    authors=authors[: n % 3],
                )
            )
        session.commit()
