"""Retrieval and embeddings: are documents found, do they match, are they used?"""

from __future__ import annotations

from typing import Final

from windvane.dashboards.board import CHOSEN, Board, Column, Kind, Level, Panel, Row, Threshold, Unit
from windvane.dashboards.pieces import SIGNALS, TO_CALL, TO_SERVICE, TO_SIGNAL, TO_USER

__all__ = ["BOARD"]


def _stat(title: str, question: str, value: str, signal: str, unit: Unit, todo: str, *at: Threshold) -> Panel:
    return Panel(
        title=title,
        question=question,
        sql=f"SELECT {value} AS value FROM {SIGNALS} AND signal = '{signal}'",
        kind=Kind.STAT,
        unit=unit,
        thresholds=at,
        todo=todo,
        width=6,
        height=4,
    )


def _lines(title: str, question: str, value: str, signal: str, unit: Unit, todo: str, empty: str) -> Panel:
    """One line for each service; `value` is over the columns of `signal_activity`."""
    return Panel(
        title=title,
        question=question,
        sql=f"""SELECT $__timeInterval(begins) AS time, service_name AS service, {value}
FROM {SIGNALS} AND signal = '{signal}' GROUP BY time, service ORDER BY time""",
        unit=unit,
        todo=todo,
        empty=empty,
        width=8,
    )


_MEAN: Final = "sum(total) / nullIf(sum(calls), 0)"
_NO_DOCUMENTS: Final = "No call with documents in this time range."
_NO_EMBEDDINGS: Final = "No event with an embedding in this time range."

BOARD: Final = Board(
    uid="windvane-retrieval",
    title="Retrieval and embeddings",
    question="Are documents found, do they match what is asked, are they used, and are embeddings sound?",
    place=8,
    rows=(
        Row(
            "How bad",
            (
                _stat(
                    "Found nothing",
                    "What share of the retrievals, and of the calls that were given documents, had none?",
                    "1 - sum(from_half) / nullIf(sum(calls), 0)",
                    "retrieved_documents",
                    Unit.SHARE,
                    "See below since when and in which service: an index that is empty, or a filter that fits nothing.",
                    Threshold(0.02, Level.WARNING),
                    Threshold(0.1, Level.BAD),
                ),
                _stat(
                    "Documents used",
                    "What share of the documents' words do answers take up, as a mean?",
                    _MEAN,
                    "context_used",
                    Unit.SHARE,
                    "Low from the start: retrieve fewer or shorter documents. Fallen: see below since when.",
                ),
                _stat(
                    "Unused documents cost",
                    "What did the tokens of documents cost that no answer took up?",
                    "if(sum(calls) = 0, NULL, sum(total))",
                    "unused_context_cost",
                    Unit.USD,
                    "Retrieve fewer or shorter documents: the last place of the list first.",
                ),
                _stat(
                    "Broken embeddings",
                    "How many embeddings are all one number, or hold what is no number?",
                    "sum(from_half)",
                    "embedding_broken",
                    Unit.COUNT,
                    "Open the calls at the end of this page: the model was given an empty text, or has failed.",
                    Threshold(1, Level.BAD),
                ),
            ),
        ),
        Row(
            "Retrieval, since when",
            (
                _lines(
                    "Match with the question",
                    "What share of the question's words has the best document, by service?",
                    f"{_MEAN} AS matched",
                    "query_document_match",
                    Unit.SHARE,
                    "A fall: the index is stale, or people ask something new; see input_drift on the board Drift.",
                    _NO_DOCUMENTS,
                ),
                _lines(
                    "Use of the documents",
                    "What share of the documents' words do answers take up, by service?",
                    f"{_MEAN} AS used",
                    "context_used",
                    Unit.SHARE,
                    "A fall while the match holds: the prompt or the model has changed. Look at the board Drift.",
                    _NO_DOCUMENTS,
                ),
                _lines(
                    "Documents found",
                    "How many documents does a retrieval bring, as a mean, by service?",
                    f"{_MEAN} AS documents",
                    "retrieved_documents",
                    Unit.COUNT,
                    "A fall to 0: look whether the index is there and filled.",
                    _NO_DOCUMENTS,
                ),
                _lines(
                    "Duplicates",
                    "What share of the calls was given the same document twice, by service?",
                    "sum(from_half) / nullIf(sum(calls), 0) AS duplicated",
                    "duplicate_documents",
                    Unit.SHARE,
                    "Documents were put into the index again: take the copies out, or leave them out after retrieval.",
                    _NO_DOCUMENTS,
                ),
                _lines(
                    "Unused tokens",
                    "How many tokens of documents does a call carry for nothing, as a mean, by service?",
                    f"{_MEAN} AS tokens",
                    "unused_context_tokens",
                    Unit.COUNT,
                    "Retrieve fewer or shorter documents.",
                    _NO_DOCUMENTS,
                ),
                _lines(
                    "Their cost by hour",
                    "What do these tokens cost in an hour, by service?",
                    "sum(total) * 3600 / $__interval_s AS usd_per_hour",
                    "unused_context_cost",
                    Unit.USD,
                    "Compare with the board Cost: what it would save to carry half of them.",
                    _NO_DOCUMENTS,
                ),
            ),
        ),
        Row(
            "Which documents, and what shifted",
            (
                Panel(
                    title="Use by place",
                    question="How much of the first, second, third document is used? Of the last quarter of an hour.",
                    sql=f"""SELECT concat('document ', toString(place)) AS name, avg(share) AS value FROM (
    SELECT JSONExtract(notes['documents_used'], 'Array(Nullable(Float64))') AS shares FROM calls
    WHERE calls.time > $__toTime - 900 AND calls.time <= $__toTime AND {CHOSEN} AND mapContains(notes, 'documents_used')
) ARRAY JOIN shares AS share, arrayEnumerate(shares) AS place
GROUP BY place ORDER BY place LIMIT 20""",
                    kind=Kind.BARS,
                    unit=Unit.SHARE,
                    todo="Places that are not used: retrieve fewer. The last used most: mend the ranking.",
                    empty="No call with documents in the last quarter of an hour.",
                    width=8,
                ),
                Panel(
                    title="Shifts",
                    question="Have retrieval or embeddings shifted, and have they come back?",
                    sql=f"""SELECT signal_changes.time AS time, state, signal, feature, service_name AS service,
    gen_ai_request_model AS model, says
FROM signal_changes
WHERE signal IN ('retrieval_shift', 'embedding_shift') AND $__timeFilter(signal_changes.time) AND {CHOSEN}
ORDER BY time DESC LIMIT 100""",
                    kind=Kind.TABLE,
                    unit=Unit.TEXT,
                    columns=(
                        Column("time", "Time", Unit.TIME),
                        Column("state", "State"),
                        Column(
                            "signal",
                            "Signal",
                            link=TO_SIGNAL,
                        ),
                        Column("service", "Service", link=TO_SERVICE),
                        Column("model", "Model"),
                        Column("says", "What moved"),
                    ),
                    todo="Click on the signal for the calls before and after.",
                    empty="Neither retrieval nor embeddings shifted in this time range.",
                    width=16,
                ),
            ),
        ),
        Row(
            "Embeddings",
            (
                _lines(
                    "Length of embeddings",
                    "How long are embeddings as vectors, as a mean, by service?",
                    f"{_MEAN} AS norm",
                    "embedding_norm",
                    Unit.SCORE,
                    "A step: another model, or normalizing is on or off. Old and new must not be in one index.",
                    _NO_EMBEDDINGS,
                ),
                _lines(
                    "Dimension",
                    "How many numbers has an embedding, the fewest and the most, by service?",
                    "toFloat64(min(least)) AS smallest, toFloat64(max(most)) AS largest",
                    "embedding_dimension",
                    Unit.COUNT,
                    "Two at once: two models write into one index. Take one back, then build the index anew.",
                    _NO_EMBEDDINGS,
                ),
                _lines(
                    "Distance from the mean",
                    "How far are embeddings from the mean direction of their series, by service?",
                    f"{_MEAN} AS distance",
                    "embedding_distance",
                    Unit.SCORE,
                    "Towards 0, all texts look the same to the model; a rise is a space that has moved, or new texts.",
                    _NO_EMBEDDINGS,
                ),
                Panel(
                    title="Broken ones",
                    question="Which embeddings are broken, newest first?",
                    sql=f"""SELECT flagged.time AS time, service_name AS service, gen_ai_request_model AS model,
    user_id AS user, id
FROM flagged WHERE flag = 'broken_embedding' AND $__timeFilter(flagged.time) AND {CHOSEN}
ORDER BY time DESC LIMIT 50""",
                    kind=Kind.TABLE,
                    unit=Unit.TEXT,
                    columns=(
                        Column("time", "Time", Unit.TIME),
                        Column("service", "Service", link=TO_SERVICE),
                        Column("model", "Model"),
                        Column("user", "User", link=TO_USER),
                        Column("id", "Call", link=TO_CALL),
                    ),
                    todo="Open one: where the text was empty, do not embed it; then take its vector out of the index.",
                    empty="No broken embedding in this time range.",
                    width=24,
                    height=6,
                ),
            ),
        ),
    ),
)
