"""What stands in for a connection to Solr: the four methods CKAN calls."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import ckan.model as model
from ckan.common import _
from ckan.lib.search.common import SearchError, SearchQueryError
from psycopg2.errors import QueryCanceled, StatementTooComplex
from sqlalchemy import Connection, text
from sqlalchemy.exc import DataError, OperationalError

from . import held, storage
from .column import Mask
from .dismax import TEXT, Dismax, dismax_of
from .document import row_of
from .facets import counts, facets_of
from .held import CHANGES, CHANGES_ANSWERED, MOST_CHANGES, Held
from .local_parameters import parse_any
from .ordering import Score, first, orders_of
from .query import Clauses, QueryRefused
from .question import Part, Question, Test, View, in_field, telling
from .session import BACK, SAVE, reading, remove, write

STATEMENT_TIMEOUT_MS = 20_000
# How often an answer is begun again because a document changed while it was given.
_MOST_ATTEMPTS = 4
# Compiling takes longer than these queries do, and for words there is an index.
_SETTINGS = f"""
    SET LOCAL statement_timeout = {STATEMENT_TIMEOUT_MS}; SET LOCAL jit = off;
    SET LOCAL enable_seqscan = off;
"""
_PARSERS = ("lucene", "dismax", "edismax")
_UPSERT = text(f"""
    WITH written AS (
        INSERT INTO suedwest_search.document ({", ".join(storage.COLUMNS)})
        VALUES (:index_id, :site_id, :id, :name, CAST(:fields AS text[]), CAST(:short AS jsonb),
                CAST(:long AS jsonb), CAST(:stored AS jsonb), :title_words, :metadata_modified,
                :metadata_created, :data_dict, :validated_data_dict)
        ON CONFLICT (index_id) DO UPDATE SET
            {", ".join(f"{column} = EXCLUDED.{column}" for column in storage.COLUMNS[1:])}
        RETURNING ordinal
    )
    INSERT INTO suedwest_search.words SELECT ordinal, :lexemes FROM written
""")  # noqa: S608 - only names of our own columns
_REMOVAL = text("DELETE FROM suedwest_search.document WHERE index_id = ANY (:index_ids)")
_Result = TypeVar("_Result")


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
        question = Question()
        test = _understood(lambda: question.of(parse_any(q or "")))
        with _answering(), reading() as connection:
            view = _view(connection, question)
            ordinals = view.held.ordinals[test(view) & view.held.alive]
            rows = connection.exec_driver_sql(
                f"""
                    {BACK}
                    SELECT index_id, id FROM suedwest_search.document
                    WHERE ordinal = ANY (%(ordinals)s)
                """,  # noqa: S608 - nothing from outside
                {"ordinals": ordinals.tolist()},
            ).all()
        parameters = {"index_ids": sorted(row.index_id for row in rows)}
        remove((_REMOVAL, parameters), {row.id for row in rows})

    def commit(self, **_options: Any) -> None:
        """Nothing to do: a row is committed with its dataset."""

    def search(self, q: str = "*:*", **params: Any) -> Results:
        """Answer a search of CKAN.

        Understands `fq fl sort start rows facet facet.* defType qf mm tie df bf boost`.

        Raises:
            SearchQueryError: when `q`, a filter, the order or a number cannot be understood.
        """
        if not self._database_open:
            return Results(0, [], {})
        question = Question()
        test, score = _understood(lambda: _question_of(q, params, question))
        filters = params.get("fq") or []
        default = _default_field(params)
        tests = [test] + [
            _understood(lambda filter_=filter_: question.of(in_field(parse_any(filter_), default)))
            for filter_ in ([filters] if isinstance(filters, str) else filters)
        ]
        sort = params.get("sort") or "score desc, metadata_modified desc"
        orders = _understood(lambda: orders_of(sort, question, score))
        facets = _understood(lambda: facets_of(params))
        question.fields.update(facet.field for facet in facets)
        rows = whole_number(params.get("rows"), 10)
        start = whole_number(params.get("start"), 0)
        wanted = _wanted(params.get("fl"))
        columns = _columns_of(wanted)
        for _attempt in range(_MOST_ATTEMPTS):
            with _answering(), reading() as connection:
                view = _view(connection, question)
                hits = _all_of(tests, view)
                page = view.held.ordinals[first(orders, view, hits, start + rows)[start:]]
                found = self._read(connection, page.tolist(), columns)
            if len(found) == len(page):
                break
        return Results(
            int(hits.sum()),
            [self._document(columns, row, wanted) for row in found],
            {each.field: counts(view.held.columns[each.field], hits, each) for each in facets},
        )

    def _read(
        self, connection: Connection, page: list[int], columns: Sequence[str]
    ) -> Sequence[Sequence[Any]]:
        """These columns of the documents with these ordinals, in their order; ends the reading."""
        if not page:
            connection.exec_driver_sql(BACK)
            return []
        return connection.exec_driver_sql(
            f"""
                {BACK}
                SELECT {", ".join(columns)}
                FROM unnest(CAST(%(page)s AS integer[])) WITH ORDINALITY AS page (ordinal, place)
                JOIN suedwest_search.document USING (ordinal)
                ORDER BY place
            """,  # noqa: S608 - names of our own columns
            {"page": page},
        ).all()

    def _document(
        self, columns: Sequence[str], row: Sequence[Any], wanted: set[str] | None
    ) -> dict[str, Any]:
        """What an answer gives back of a document."""
        fields = dict(zip(columns, row, strict=True))
        fields |= fields.pop("stored", {})
        return self._decode(
            {
                key: value
                for key, value in fields.items()
                if value is not None and (wanted is None or key in wanted)
            }
        )


def _question_of(q: str, params: Mapping[str, Any], question: Question) -> tuple[Test, Score]:
    """What the query itself asks for, and how well a document fits it.

    Raises:
        QueryRefused: the query or a setting cannot be understood.
    """
    tree = parse_any(q)
    parser = params.get("defType") or "lucene"
    if parser not in _PARSERS:
        raise QueryRefused("The query parser {text} is not known.", text=parser)
    if (params.get("wt") or "json") != "json":
        raise QueryRefused("Answers are given as JSON, whatever wt asks for.")
    dismax = dismax_of(params) if parser != "lucene" else Dismax()
    if parser != "lucene":
        tree = telling(tree)
        test = question.bare_words(tree, dismax)
        words = len(tree.must) if isinstance(tree, Clauses) else 1
        all_match = dismax.required(words) == words
    else:
        tree = in_field(tree, _default_field(params))
        test = question.of(tree)
        all_match = True
    all_match = all_match and not (isinstance(tree, Clauses) and tree.should)
    score = Score(question, tree, dismax, all_match=all_match and TEXT in dismax.worth)
    if function := params.get("bf"):
        score.add(question.function(function))
    if function := params.get("boost"):
        score.multiply(question.function(function))
    return test, score


def _default_field(params: Mapping[str, Any]) -> str:
    return str(params.get("df") or TEXT)


def _view(connection: Connection, question: Question) -> View:
    """Every document as this instant and this transaction see it, and what the database finds."""
    engine = connection.engine
    most = MOST_CHANGES
    recalling = True
    begin = SAVE
    while True:
        before = held.current(engine, question.fields)
        known = [
            before.recall(part.key) if recalling and part.key else None for part in question.parts
        ]
        asked = [part for part, mask in zip(question.parts, known, strict=True) if mask is None]
        answer = _ask(connection, begin, before, asked, most)
        begin = BACK + SAVE
        after = before.followed(answer) if len(answer["changed"] or []) < most else None
        if after is None:
            # read all anew from what is committed; what is not, is then all there is to follow
            held.forget(engine)
            most = 2**31 - 1
        elif len(asked) < len(known) and len(after) > len(before):
            # what was kept says nothing of new documents
            recalling = False
        else:
            break
    found = iter([after.mask(answer[f"part{number}"]) for number in range(len(asked))])
    masks = [next(found) if mask is None else mask for mask in known]
    if not answer["own"]:
        held.publish(engine, before, after)
        for part, before_asking, mask in zip(question.parts, known, masks, strict=True):
            if part.key and before_asking is None:
                after.remember(part.key, mask)
    return View(after, masks)


def _ask(
    connection: Connection, begin: str, before: Held, parts: Sequence[Part], most: int
) -> dict[str, Any]:
    """What has changed since what is held, and what the database finds of each part."""
    columns = [f"{part.expression} AS part{number}" for number, part in enumerate(parts)]
    statement = f"WITH {CHANGES} SELECT {', '.join([CHANGES_ANSWERED, *columns])}"
    parameters: dict[str, Any] = {"held": before.snapshot, "most_changes": most}
    for part in parts:
        parameters |= part.values
    settings = _SETTINGS if parts else ""
    answer = connection.exec_driver_sql(begin + settings + statement, parameters)
    return dict(answer.mappings().one())


def _all_of(tests: Sequence[Test], view: View) -> Mask:
    mask = view.held.alive
    for test in tests:
        mask = mask & test(view)
    return mask


def _columns_of(wanted: set[str] | None) -> list[str]:
    plain = ("id", "name", "index_id", "site_id", "data_dict", "validated_data_dict")
    if wanted is not None and wanted <= set(plain):
        return [column for column in plain if column in wanted] or ["id"]
    separate = [c for c in ("data_dict", "validated_data_dict") if wanted is None or c in wanted]
    return ["stored", *separate]


@contextmanager
def _answering() -> Iterator[None]:
    """What PostgreSQL refuses or gives up on is a search that failed, not a server that did."""
    try:
        yield
    except OperationalError as error:
        if isinstance(error.orig, QueryCanceled):
            raise SearchError(_("The search took too long; ask for something narrower.")) from error
        if isinstance(error.orig, StatementTooComplex):
            raise SearchQueryError(_("The query has too many parts.")) from error
        raise
    except DataError as error:
        raise SearchQueryError(
            _("A value in the query is outside what can be compared.")
        ) from error


def _understood(make: Callable[[], _Result]) -> _Result:
    try:
        return make()
    except QueryRefused as error:
        sentence = _(error.sentence)
        raise SearchQueryError(
            sentence.format(**error.values) if error.values else sentence
        ) from error


def _wanted(fl: str | Iterable[str] | None) -> set[str] | None:
    if not fl:
        return None
    fields = set(re.split(r"[\s,]+", fl.strip())) if isinstance(fl, str) else set(fl)
    return None if "*" in fields else fields


def whole_number(value: Any, default: int) -> int:
    """A number of results a caller asks for.

    Raises:
        SearchQueryError: when it is none, or no possible one.
    """
    try:
        number = default if value is None else int(value)
    except (TypeError, ValueError):
        raise SearchQueryError(
            _("{text} is not a number of results.").format(text=repr(value)[:40])
        ) from None
    if not 0 <= number < 2**31:
        raise SearchQueryError(
            _("{number} is not a possible number of results.").format(number=number)
        )
    return number
