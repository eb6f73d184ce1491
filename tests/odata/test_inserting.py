"""A new row: one statement that answers it, and what is told to whoever watches."""

from collections.abc import Iterator
from typing import Any

import orjson
import pytest
import sqlalchemy as sa
from shop import Author, Book, Shelf, Shop, fill
from sqlalchemy.dialects import sqlite
from sqlalchemy.orm import Mapped

from concertmaster.odata import query
from concertmaster.odata.declare import TYPES, WRITTEN, Declared, Key, prop, same_name
from concertmaster.odata.inserting import insert_all, inserting_of, stands_alone
from concertmaster.odata.model import Model

MODEL = Model.of((Shelf, Author, Book), namespace="Shop")


@pytest.fixture
def engine() -> Iterator[sa.Engine]:
    made = sa.create_engine("sqlite://", poolclass=sa.StaticPool)
    fill(made)
    yield made
    made.dispose()


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The statements that the engine runs by itself."""
    statements: list[str] = []
    run = query.run

    def noted(connection: Any, statement: query.Statement, values: Any) -> Any:
        statements.append(statement.sql)
        return run(connection, statement, values)

    for module in ("query", "reading", "response", "checks"):
        monkeypatch.setattr(f"concertmaster.odata.{module}.run", noted)
    return statements


def test_a_new_row_costs_a_question_and_an_insert(engine: sa.Engine, asked: list[str]) -> None:
    answer = Shop(engine).ask("POST", "/Books", {"Title": "New", "ShelfId": 1, "Code": "X"})
    assert [sql.split()[0] for sql in asked] == ["SELECT", "INSERT"]
    body = orjson.loads(answer.body)
    assert answer.status == 201
    assert answer.headers["location"] == "http://shop/odata/Books(11)"
    assert (body["Id"], body["Genre"], body["Version"]) == (11, "Novel", "AAAAAAAAAAE=")
    assert body["Code"] is None  # masked, as wherever it was not asked for by its key


def test_a_new_row_is_answered_by_select_and_expand(engine: sa.Engine) -> None:
    url = "/Books?$select=Title&$expand=Shelf($select=Name)"
    answer = Shop(engine).ask("POST", url, {"Title": "New", "ShelfId": 2, "Size": {"Pages": 7}})
    body = orjson.loads(answer.body)
    body.pop("@odata.context")
    assert body == {"Title": "New", "Shelf": {"Name": "Shelf 2"}}


def test_what_is_answered_is_what_is_kept(engine: sa.Engine) -> None:
    shop = Shop(engine)
    given = {"Title": "New", "Printed": "2020-01-01T00:00:00.5+02:00", "Size": {"pages": 7}}
    made = orjson.loads(shop.ask("POST", "/Books", given).body)
    assert shop.get(f"/Books({made['Id']})") | {"Code": None} == made
    assert made["Printed"] == "2019-12-31T22:00:00.5Z"


def test_writers_are_told_of(engine: sa.Engine) -> None:
    told: list[set[str]] = []
    sa.event.listen(
        engine, "commit", lambda connection: told.append(connection.info.pop(WRITTEN, set()))
    )
    Shop(engine).ask("POST", "/Shelves", {"Name": "New"})
    assert told == [{"shelves"}]


def test_what_the_database_refuses_is_refused_in_sqlalchemys_words(engine: sa.Engine) -> None:
    statement = query.Statement("INSERT INTO shelves (id, name) VALUES (1, 'x')", (), {})
    with engine.connect() as connection, pytest.raises(sa.exc.IntegrityError):
        query.write(connection, MODEL.type_of(Shelf).table, statement, {})


def test_an_entity_with_relations_or_in_a_session_does_not_stand_alone(engine: sa.Engine) -> None:
    assert stands_alone(Book(title="x"))
    assert not stands_alone(Book(title="x", shelf=Shelf(name="y")))
    assert not stands_alone(Book(title="x", id=7))
    with sa.orm.Session(engine) as session:
        pending = Book(title="x")
        session.add(pending)
        assert not stands_alone(pending)


def test_values_are_in_the_form_of_the_database() -> None:
    values = inserting_of(Book, sqlite.dialect()).values({"title": "x", "words": ["a"]})
    assert (values["words"], values["genre"], values["version"]) == ('["a"]', 0, 1)
    assert values["price"] is None
    assert "id" not in values


def test_a_default_may_look_at_its_row() -> None:
    class Base(Declared, sa.orm.DeclarativeBase):
        type_annotation_map = TYPES

    class Word(Base, entity_set="Words"):
        id: Mapped[Key]
        text: Mapped[str]
        folded: Mapped[str] = prop(default=lambda row: row.get_current_parameters()["text"].lower())

    assert inserting_of(Word, sqlite.dialect()).values({"text": "ABC"})["folded"] == "abc"


def test_names_are_looked_up_by_index(engine: sa.Engine) -> None:
    wanted = sa.select(Shelf.id).where(Shelf.lamp, same_name(Shelf.name, "SHELF 1"))
    with engine.connect() as connection:
        assert connection.execute(wanted).scalar() == 1
        text = str(wanted.compile(engine, compile_kwargs={"literal_binds": True}))
        (plan,) = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}")
    assert "name=?" in plan[-1]


def test_many_rows_at_once(engine: sa.Engine) -> None:
    with engine.connect() as connection:
        insert_all(connection, Author, [{"name": "A"}, {"name": "B"}])
        assert connection.info[WRITTEN] == {"authors"}
        names = connection.scalars(sa.select(Author.name).order_by(Author.id.desc()).limit(2))
        assert list(names) == ["B", "A"]
