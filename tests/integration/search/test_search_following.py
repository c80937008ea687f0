"""What a process holds of the index follows the table, whoever writes and whenever they commit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import ckan.model as model
import pytest
from sqlalchemy import Connection, text

from ckanext.suedwest.search import held, storage
from ckanext.suedwest.search.document import row_of
from ckanext.suedwest.search.engine import _REMOVAL, _UPSERT, PostgresqlSearch

pytestmark = pytest.mark.usefixtures("with_plugins", "clean_db")


@pytest.fixture(autouse=True)
def empty_index(with_plugins: None, clean_db: None) -> None:
    model.Session.remove()
    with model.meta.engine.begin() as connection:
        connection.execute(text("DELETE FROM suedwest_search.document"))


@pytest.fixture
def other() -> Iterator[Connection]:
    """A connection of another process, with a transaction of its own."""
    with model.meta.engine.connect() as connection:
        yield connection


def write(connection: Connection, name: str, **fields: Any) -> None:
    document = {"index_id": name, "id": name, "name": name, "site_id": "test", "title": name}
    connection.execute(_UPSERT, row_of(document | fields))


def remove(connection: Connection, *names: str) -> None:
    connection.execute(_REMOVAL, {"index_ids": list(names)})


def found(**params: Any) -> list[str]:
    answer = PostgresqlSearch("").search(
        **({"q": "*:*", "sort": "name asc", "fl": "name"} | params)
    )
    assert answer.hits == len(answer.docs)
    return [document["name"] for document in answer.docs]


def test_the_later_number_that_is_committed_first_hides_no_earlier_one(other: Connection) -> None:
    write(other, "early")
    with model.meta.engine.begin() as late:
        write(late, "late")
    assert found() == ["late"]
    assert found(q="early") == []
    other.commit()
    assert found() == ["early", "late"]
    assert found(q="early") == ["early"]


def test_what_a_transaction_wrote_only_it_may_see(other: Connection) -> None:
    with model.meta.engine.begin() as connection:
        write(connection, "old", tags=["a"])
    assert found(fq=['tags:"a"']) == ["old"]
    mine = model.Session.connection()
    write(mine, "old", tags=["b"])
    write(mine, "new", tags=["b"])
    assert found(fq=['tags:"b"']) == ["new", "old"]
    assert found(fq=['tags:"a"']) == []
    # another request of this very process
    model.Session.registry.clear()
    assert found(fq=['tags:"a"']) == ["old"]
    assert found(fq=['tags:"b"']) == []
    mine.rollback()
    mine.close()
    assert found() == ["old"]


def test_a_removal_counts_when_it_is_committed(other: Connection) -> None:
    with model.meta.engine.begin() as connection:
        write(connection, "a")
        write(connection, "b")
    assert found() == ["a", "b"]
    remove(other, "a")
    assert found() == ["a", "b"]
    other.rollback()
    assert found() == ["a", "b"]
    remove(other, "a")
    other.commit()
    assert found() == ["b"]


def test_a_document_that_becomes_private_while_an_answer_is_given_is_not_shown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with model.meta.engine.begin() as connection:
        write(connection, "a", capacity="public", data_dict="open")
        write(connection, "b", capacity="public", data_dict="open")
    read = PostgresqlSearch._read

    def meanwhile(self: PostgresqlSearch, *arguments: Any) -> Any:
        monkeypatch.setattr(PostgresqlSearch, "_read", read)
        with model.meta.engine.begin() as connection:
            write(connection, "a", capacity="private", data_dict="secret")
        return read(self, *arguments)

    monkeypatch.setattr(PostgresqlSearch, "_read", meanwhile)
    answer = PostgresqlSearch("").search("*:*", fq=["+capacity:public"], fl="name,data_dict")
    assert answer.hits == 1
    assert answer.docs == [{"name": "b", "data_dict": "open"}]


def test_many_changes_are_read_at_once(monkeypatch: pytest.MonkeyPatch, other: Connection) -> None:
    import ckanext.suedwest.search.engine as engine

    monkeypatch.setattr(engine, "MOST_CHANGES", 3)
    assert found() == []
    for number in range(5):
        write(other, f"of-others-{number}")
    other.commit()
    assert len(found()) == 5
    for number in range(4):
        write(model.Session.connection(), f"own-{number}")
    assert len(found()) == 9
    model.Session.rollback()
    assert len(found()) == 5


def test_a_table_that_is_made_anew_is_read_anew() -> None:
    with model.meta.engine.begin() as connection:
        write(connection, "old")
    assert found() == ["old"]
    model.Session.remove()  # dropping a table waits for those who read it
    with model.meta.engine.begin() as connection:
        connection.execute(text("DELETE FROM suedwest_search.version"))
        storage._make(connection)
        write(connection, "new")
    assert found() == ["new"]


def test_stamps_of_another_server_are_renewed() -> None:
    """A dump that is restored brings transaction numbers this server has not reached."""
    with model.meta.engine.begin() as connection:
        write(connection, "restored")
        connection.execute(text("ALTER TABLE suedwest_search.document DISABLE TRIGGER ALL"))
        connection.execute(
            text("UPDATE suedwest_search.document SET transaction = '999999999999'::xid8")
        )
        connection.execute(text("ALTER TABLE suedwest_search.document ENABLE TRIGGER ALL"))
    storage._ready.clear()
    assert found() == ["restored"]
    with model.meta.engine.connect() as connection:
        stamp = connection.execute(
            text("SELECT transaction::text::bigint FROM suedwest_search.document")
        ).scalar_one()
    assert stamp < 999999999999


def test_more_dead_than_living_are_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(held, "_DEAD_KEPT", 4)
    sizes: list[int] = []
    for number in range(20):
        with model.meta.engine.begin() as connection:
            write(connection, "same", title=f"{number}")
        assert found() == ["same"]
        sizes.append(len(held.current(model.meta.engine, [])))
    assert max(sizes) > 4
    assert sizes.count(1) > 1


def test_a_field_nobody_ever_used_is_asked_for_and_then_used(other: Connection) -> None:
    with model.meta.engine.begin() as connection:
        write(connection, "a")
    assert found(fq=['extras_colour:"blue"']) == []
    assert found(fq=['colour:"blue"']) == []
    with model.meta.engine.begin() as connection:
        write(connection, "b", colour="blue", extras_colour="light blue")
    assert found(fq=['colour:"blue"']) == ["b"]
    assert found(fq=['extras_colour:"blue"']) == ["b"]


def test_words_that_were_looked_up_once_find_what_is_new_and_nothing_that_is_gone(
    other: Connection,
) -> None:
    with model.meta.engine.begin() as connection:
        write(connection, "pegel")
    assert found(q="title:pegel") == ["pegel"]
    assert found(q="title:pegel") == ["pegel"]
    write(other, "pegel-2", title="Pegel")
    assert found(q="title:pegel") == ["pegel"]
    other.commit()
    assert found(q="title:pegel") == ["pegel", "pegel-2"]
    # a transaction that takes one away and is rolled back leaves nothing behind
    remove(model.Session.connection(), "pegel")
    assert found(q="title:pegel") == ["pegel-2"]
    model.Session.rollback()
    assert found(q="title:pegel") == ["pegel", "pegel-2"]
    with model.meta.engine.begin() as connection:
        write(connection, "pegel", title="Spielplatz")
    assert found(q="title:pegel") == ["pegel-2"]
