"""What stands in for a connection to Solr: the four methods CKAN calls."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import ckan.model as model
from ckan.lib.search.common import SearchError, SearchQueryError
from psycopg2.errors import QueryCanceled
from sqlalchemy import Connection, text
from sqlalchemy.exc import DataError, OperationalError

from . import storage
from .document import row_of
from .local_parameters import parse_any
from .query import Clauses, Node, QueryRefused, Words, require_storable
from .session import reading, remove, write
from .sql import Condition, tsquery_of

STATEMENT_TIMEOUT_MS = 20_000
_SORT_COLUMNS = {
    "metadata_modified": "metadata_modified",
    "metadata_created": "metadata_created",
    "title_string": "title_order",
    "name": 'name COLLATE "C"',
    "id": 'id COLLATE "C"',
    "score": "score",
}
# Rank on the four weights D, C, B, A: a title is worth more than any number of mentions below.
_RANK = "ts_rank('{{0.05, 0.1, 0.4, 1.0}}', words, CAST({query} AS tsquery), 1)"
_UPSERT = text(f"""
    INSERT INTO suedwest_search.document ({", ".join(storage.COLUMNS)})
    VALUES (:index_id, :site_id, :id, :name, CAST(:fields AS jsonb), CAST(:stored AS jsonb),
            CAST(:words AS tsvector), :title_order, :metadata_modified, :metadata_created,
            CAST(:box AS box), :data_dict, :validated_data_dict)
    ON CONFLICT (index_id) DO UPDATE SET
        {", ".join(f"{column} = EXCLUDED.{column}" for column in storage.COLUMNS[1:])}
""")  # noqa: S608 - only names of our own columns


class Results:
    """An answer in the shape CKAN reads: `hits`, `docs` and `facets["facet_fields"]`."""

    def __init__(
        self, hits: int, docs: list[dict[str, Any]], facets: dict[str, list[str | int]]
    ) -> None:
        self.hits = hits
        self.docs = docs
        self.facets: dict[str, Any] = {"facet_fields": facets}

    def __iter__(self) -> Any:
        return iter(self.docs)

    def __len__(self) -> int:
        return len(self.docs)


class PostgresqlSearch:
    """The catalogue search on PostgreSQL; made anew for each call, as CKAN does with Solr."""

    def __init__(self, url: str, *_arguments: Any, decoder: Any = None, **_options: Any) -> None:
        self.url = url
        # CKAN asks for dates as `datetime` by handing over a decoder with such a hook
        self._decode = decoder.object_hook if decoder is not None else dict
        # CKAN asks whether there is a search before it has opened its database
        self._database_open = model.meta.engine is not None
        if model.meta.engine is not None:
            storage.ensure(model.meta.engine)

    def add(self, docs: Sequence[Mapping[str, Any]], **_options: Any) -> None:
        """Index documents; the later of two with the same `index_id` wins."""
        rows = {row["index_id"]: row for row in (row_of(document) for document in docs)}
        write(
            [
                (
                    _UPSERT,
                    row
                    | {"fields": json.dumps(row["fields"]), "stored": json.dumps(row["stored"])},
                )
                # in one order everywhere, so that two writers never wait for each other
                for _, row in sorted(rows.items())
            ]
        )

    def delete(self, q: str | None = None, **_options: Any) -> None:
        """Forget the documents a query matches.

        Raises:
            SearchQueryError: when the query cannot be understood.
        """
        condition = Condition()
        where = _understood(lambda: condition.of(parse_any(q or "")))
        which = text(f"SELECT id FROM suedwest_search.document WHERE {where}")  # noqa: S608 - bound
        removal = text(f"DELETE FROM suedwest_search.document WHERE {where}")  # noqa: S608 - bound
        with reading() as connection:
            removed = set(connection.execute(which, condition.parameters).scalars())
        remove((removal, condition.parameters), removed)

    def commit(self, **_options: Any) -> None:
        """Nothing to do: a row is committed with its dataset."""

    def search(self, q: str = "*:*", **params: Any) -> Results:
        """Answer a search of CKAN: `fq fl sort start rows facet facet.* defType`.

        Raises:
            SearchQueryError: when `q`, a filter, the order or a number cannot be understood.
        """
        if not self._database_open:
            return Results(0, [], {})
        condition = Condition()
        tree = _understood(lambda: parse_any(q))
        dismax = params.get("defType") in ("dismax", "edismax")
        bare = dismax and isinstance(tree, Clauses)
        where = [_understood(lambda: condition.bare_words(tree) if bare else condition.of(tree))]
        filters = params.get("fq") or []
        where += [
            _understood(lambda filter_=filter_: condition.of(parse_any(filter_)))
            for filter_ in ([filters] if isinstance(filters, str) else filters)
        ]
        score = _score(tree, condition)
        order = _order(params.get("sort") or "score desc, metadata_modified desc", condition)
        start = _count(params.get("start"), 0)
        rows = _count(params.get("rows"), 10)
        facet_fields = params.get("facet.field") or []
        if str(params.get("facet", "true")).lower() not in ("true", "on", "1"):
            facet_fields = []
        if isinstance(facet_fields, str):
            facet_fields = facet_fields.split()
        _understood(lambda: [require_storable(field) for field in facet_fields])
        found = " AND ".join(f"({part})" for part in where)
        with _answering(), reading() as connection:
            connection.execute(text(f"SET LOCAL statement_timeout = {STATEMENT_TIMEOUT_MS}"))
            hits = connection.execute(
                text(f"SELECT count(*) FROM suedwest_search.document WHERE {found}"),  # noqa: S608
                condition.parameters,
            ).scalar_one()
            docs = []
            if rows:
                docs = self._page(connection, condition, found, score, order, start, rows, params)
            facets = {
                field: _facet(connection, condition, found, field, params) for field in facet_fields
            }
            connection.execute(text("SET LOCAL statement_timeout = DEFAULT"))
        return Results(hits, docs, facets)

    def _page(
        self,
        connection: Connection,
        condition: Condition,
        found: str,
        score: str,
        order: str,
        start: int,
        rows: int,
        params: Mapping[str, Any],
    ) -> list[dict[str, Any]]:
        wanted = _wanted(params.get("fl"))
        extra = [f for f in ("data_dict", "validated_data_dict") if wanted is None or f in wanted]
        columns = ", ".join(["stored", *extra])
        answer = connection.execute(
            text(f"""
                WITH page AS MATERIALIZED (
                    SELECT index_id, row_number() OVER (ORDER BY {order}) AS place
                    FROM (SELECT *, {score} AS score FROM suedwest_search.document
                          WHERE {found}) scored
                    ORDER BY {order} LIMIT :row_limit OFFSET :row_start
                )
                SELECT {columns} FROM page JOIN suedwest_search.document USING (index_id)
                ORDER BY place
            """),  # noqa: S608 - conditions hold only bound values
            condition.parameters | {"row_limit": rows, "row_start": start},
        )
        docs: list[dict[str, Any]] = []
        for row in answer.mappings():
            document = dict(row["stored"])
            document.update({field: row[field] for field in extra if row[field] is not None})
            if wanted is not None:
                document = {key: value for key, value in document.items() if key in wanted}
            docs.append(self._decode(document))
        return docs


@contextmanager
def _answering() -> Iterator[None]:
    """What PostgreSQL refuses or gives up on is a search that failed, not a server that did."""
    try:
        yield
    except OperationalError as error:
        if isinstance(error.orig, QueryCanceled):
            raise SearchError("The search took too long; ask for something narrower.") from error
        raise
    except DataError as error:
        raise SearchQueryError("A value in the query is outside what can be compared.") from error


def _understood(make: Any) -> Any:
    try:
        return make()
    except QueryRefused as error:
        raise SearchQueryError(str(error)) from error


def _wanted(fl: str | Iterable[str] | None) -> set[str] | None:
    if not fl:
        return None
    fields = set(re.split(r"[\s,]+", fl.strip())) if isinstance(fl, str) else set(fl)
    return None if "*" in fields else fields


def _whole(value: Any) -> int:
    try:
        return int(value)
    except (TypeError, ValueError):
        raise SearchQueryError(f"{value!r} is not a number of results.") from None


def _count(value: Any, default: int) -> int:
    number = default if value is None else _whole(value)
    if not 0 <= number < 2**31:
        raise SearchQueryError(f"{number} is not a possible number of results.")
    return number


def _score(tree: Node, condition: Condition) -> str:
    """How well a document fits the words that were asked for; equal where none were."""
    words: list[str] = []
    _collect(tree, words)
    if not words:
        return "0::real"
    return _RANK.format(query=condition.bind(" | ".join(f"({word})" for word in words[:50])))


def _collect(node: Node, words: list[str]) -> None:
    if isinstance(node, Words) and node.field in (None, "text", "title", "title_ngram", "notes"):
        query = tsquery_of(node)
        if query:
            words.append(query)
    elif isinstance(node, Clauses):
        for clause in (*node.must, *node.should):
            _collect(clause, words)


def _order(sort: str, condition: Condition) -> str:
    parts: list[str] = []
    for part in sort.split(","):
        match = re.fullmatch(r"\s*([\w.\-]+)\s+(asc|desc)\s*", part, re.IGNORECASE)
        if not match:
            raise SearchQueryError('Invalid "sort" parameter')
        column = _SORT_COLUMNS.get(match[1])
        if column is None:
            column = f'(fields -> {condition.bind(match[1])} ->> 0) COLLATE "C"'
        parts.append(f"{column} {match[2].upper()} NULLS LAST")
    return ", ".join([*parts, "index_id"])


def _facet(
    connection: Connection,
    condition: Condition,
    found: str,
    field: str,
    params: Mapping[str, Any],
) -> list[str | int]:
    """Values of a field and how many hits have each, most frequent first, then by alphabet."""
    limit = _whole(params.get(f"f.{field}.facet.limit", params.get("facet.limit", 100)))
    at_least = _count(params.get("facet.mincount"), 0)
    rows = connection.execute(
        text(f"""
            SELECT value, count(*) AS hits
            FROM suedwest_search.document, jsonb_array_elements_text(fields -> :facet_field) value
            WHERE {found}
            GROUP BY value HAVING count(*) >= :facet_mincount
            ORDER BY hits DESC, value COLLATE "C" LIMIT :facet_limit
        """),  # noqa: S608 - conditions hold only bound values
        condition.parameters
        | {
            "facet_field": field,
            "facet_mincount": max(at_least, 1),
            "facet_limit": None if limit < 0 else limit,
        },
    )
    return [item for value, hits in rows for item in (value, hits)]
