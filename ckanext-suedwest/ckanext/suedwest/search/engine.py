"""What stands in for a connection to Solr: the four methods CKAN calls."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import ckan.model as model
from ckan.lib.search.common import SearchError, SearchQueryError
from psycopg2.errors import QueryCanceled, StatementTooComplex
from sqlalchemy import Connection, text
from sqlalchemy.exc import DataError, OperationalError

from . import storage
from .document import row_of
from .local_parameters import parse_any
from .query import Clauses, Node, QueryRefused, Words, require_storable
from .session import reading, remove, write
from .sql import Condition, tsquery_of

STATEMENT_TIMEOUT_MS = 20_000
MOST_SORT_FIELDS = 10
MOST_FACETS = 100
_SORT_COLUMNS = {
    "metadata_modified": "metadata_modified",
    "metadata_created": "metadata_created",
    "title_string": "title_order",
    "name": 'name COLLATE "C"',
    "id": 'id COLLATE "C"',
    "score": "score",
}
# Weights of D, C, B, A. The ranking reads titles and keywords only: hits that have the words in
# their text alone are equal, and the newest comes first.
_RANK = "ts_rank('{{0, 0, 0.4, 1.0}}', ranked_words, CAST({query} AS tsquery), 1)"
# Compiling takes longer than these queries do. Many hits are sorted and counted in memory.
_SETTINGS = (
    "SET LOCAL statement_timeout = {timeout}; SET LOCAL jit = off; SET LOCAL work_mem = '32MB'"
)
_WORD_SETTINGS = "; SET LOCAL enable_seqscan = off"
_OWN_SETTINGS = "; ".join(
    f"SET LOCAL {name} = DEFAULT"
    for name in ("statement_timeout", "jit", "work_mem", "enable_seqscan")
)
_UPSERT = text(f"""
    INSERT INTO suedwest_search.document ({", ".join(storage.COLUMNS)})
    VALUES (:index_id, :site_id, :id, :name, CAST(:short AS jsonb), CAST(:long AS jsonb),
            CAST(:stored AS jsonb), CAST(:words AS tsvector), CAST(:ranked_words AS tsvector),
            :title_order, :metadata_modified, :metadata_created,
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
        # in one order everywhere, so that two writers never wait for each other
        write([(_UPSERT, row) for _, row in sorted(rows.items())])

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
        facets = _facet_fields(params)
        rows = _count(params.get("rows"), 10)
        statement = _statement(
            condition,
            " AND ".join(f"({part})" for part in where),
            score=_score(tree, condition),
            sort=params.get("sort") or "score desc, metadata_modified desc",
            facets=facets,
            params=params,
        )
        condition.parameters |= {
            "row_limit": rows,
            "row_start": _count(params.get("start"), 0),
        }
        with _answering(), reading() as connection:
            settings = _SETTINGS.format(timeout=STATEMENT_TIMEOUT_MS)
            connection.execute(text(settings + (_WORD_SETTINGS if condition.has_words else "")))
            answer = connection.execute(text(statement), condition.parameters).mappings().one()
            docs = self._documents(connection, answer["page"] or [], params.get("fl"))
            connection.execute(text(_OWN_SETTINGS))
        counts = {
            field: [item for pair in answer[f"facet{number}"] or [] for item in pair]
            for number, field in enumerate(facets)
        }
        return Results(answer["hits"], docs, counts)

    def _documents(self, connection: Connection, page: list[str], fl: Any) -> list[dict[str, Any]]:
        """What an answer gives back of the documents with these keys, in their order."""
        if not page:
            return []
        wanted = _wanted(fl)
        extra = [f for f in ("data_dict", "validated_data_dict") if wanted is None or f in wanted]
        rows = connection.execute(
            text(f"""
                SELECT {", ".join(["stored", *extra])}
                FROM unnest(CAST(:page AS text[])) WITH ORDINALITY AS page (index_id, place)
                JOIN suedwest_search.document USING (index_id)
                ORDER BY place
            """),  # noqa: S608 - names of our own columns
            {"page": page},
        )
        docs: list[dict[str, Any]] = []
        for row in rows.mappings():
            document = dict(row["stored"])
            document.update({field: row[field] for field in extra if row[field] is not None})
            if wanted is not None:
                document = {key: value for key, value in document.items() if key in wanted}
            docs.append(self._decode(document))
        return docs


def _statement(
    condition: Condition,
    where: str,
    *,
    score: str,
    sort: str,
    facets: Sequence[str],
    params: Mapping[str, Any],
) -> str:
    """One statement that finds the hits once and reads number, page and facets from them.

    Of a hit it keeps no more than its key, what it is ordered by and the values to count.
    """
    order = _order(sort, condition)
    columns = ["index_id"]
    columns += [f"{expression} AS order{n}" for n, (expression, _) in enumerate(order)]
    columns += [f"{condition.values(field)} AS values{n}" for n, field in enumerate(facets)]
    by = ", ".join([f"order{n} {way} NULLS LAST" for n, (_, way) in enumerate(order)])
    answers = [
        "(SELECT count(*) FROM hits) AS hits",
        f"""(SELECT jsonb_agg(index_id ORDER BY place) FROM (
                SELECT index_id, row_number() OVER (ORDER BY {by}, index_id) AS place
                FROM hits ORDER BY {by}, index_id LIMIT :row_limit OFFSET :row_start
            ) numbered) AS page""",  # noqa: S608 - names of our own columns
        *(_facet(n, field, condition, params) for n, field in enumerate(facets)),
    ]
    return f"""
        WITH hits AS MATERIALIZED (
            SELECT {", ".join(columns)}
            FROM (SELECT *, {score} AS score FROM suedwest_search.document WHERE {where}) scored
        )
        SELECT {", ".join(answers)}
    """  # noqa: S608 - conditions hold only bound values


def _facet(number: int, field: str, condition: Condition, params: Mapping[str, Any]) -> str:
    """Values of a field and how many hits have each, most frequent first, then by alphabet."""
    limit = _whole(params.get(f"f.{field}.facet.limit", params.get("facet.limit", 100)))
    at_least = max(_count(params.get("facet.mincount"), 0), 1)
    return f"""(SELECT jsonb_agg(jsonb_build_array(value, hits)
                                 ORDER BY hits DESC, value COLLATE "C") FROM (
                SELECT value, count(*) AS hits
                FROM hits, jsonb_array_elements_text(values{number}) value
                GROUP BY value HAVING count(*) >= {condition.bind(at_least)}
                ORDER BY hits DESC, value COLLATE "C"
                LIMIT {condition.bind(None if limit < 0 else limit)}
            ) counted) AS facet{number}"""  # noqa: S608 - a number of our own


def _facet_fields(params: Mapping[str, Any]) -> list[str]:
    fields = params.get("facet.field") or []
    if str(params.get("facet", "true")).lower() not in ("true", "on", "1"):
        return []
    fields = list(dict.fromkeys(fields.split() if isinstance(fields, str) else fields))
    if len(fields) > MOST_FACETS:
        raise SearchQueryError(f"No more than {MOST_FACETS} facets can be counted.")
    _understood(lambda: [require_storable(field) for field in fields])
    return fields


@contextmanager
def _answering() -> Iterator[None]:
    """What PostgreSQL refuses or gives up on is a search that failed, not a server that did."""
    try:
        yield
    except OperationalError as error:
        if isinstance(error.orig, QueryCanceled):
            raise SearchError("The search took too long; ask for something narrower.") from error
        if isinstance(error.orig, StatementTooComplex):
            raise SearchQueryError("The query has too many parts.") from error
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


def _order(sort: str, condition: Condition) -> list[tuple[str, str]]:
    """Expressions to order by, each with its direction."""
    order: list[tuple[str, str]] = []
    parts = sort.split(",")
    if len(parts) > MOST_SORT_FIELDS:
        raise SearchQueryError(f"No more than {MOST_SORT_FIELDS} fields can be sorted by.")
    for part in parts:
        match = re.fullmatch(r"\s*([\w.\-]+)\s+(asc|desc)\s*", part, re.IGNORECASE)
        if not match:
            raise SearchQueryError('Invalid "sort" parameter')
        column = _SORT_COLUMNS.get(match[1])
        if column is None:
            column = f'({condition.values(match[1])} ->> 0) COLLATE "C"'
        order.append((column, match[2].upper()))
    return order
