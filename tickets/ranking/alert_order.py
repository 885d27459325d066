"""The ranking with topic alerts: a ticket that contains one of the keywords ranks earlier by a head start.

The one place that implements it, for pages of a list (`first_places`), for the queue (`tickets.ranking.queue`) and for the
position of a ticket (`count_before`). Ranks are stored without it, because keywords belong to a request.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import QuerySet

from agents.common import fast_sql
from tickets import keyword_index
from tickets.models import Ticket

Place = tuple[UUID, datetime]  # ticket id and rank
# SELECT of the ids and ranks of some tickets and of the column to order by first, its parameters, and the ORDER BY.
Source = tuple[str, tuple[object, ...], str]


def first_places(
    tickets: "QuerySet[Ticket]",
    keywords: list[str],
    count: int,
    ahead: timedelta,
    after: Place | None = None,
    same: str = "id",
) -> tuple[list[Place], set[UUID]]:
    """The first `count` positions or more in the order with alerts, after a position if given, and which tickets match.

    Matching tickets have their rank less `ahead`. Reads neither matching nor other tickets further than `count` can reach.
    `same` names a column with one value in all of `tickets`; ordering by it lets the planner use the index that starts with it.
    """
    places = tickets.order_by().values_list("pk", "rank_at", same)
    sql, params = places.query.sql_with_params()
    source: Source = sql, params, "rank, id" if same == "id" else "same, rank, id"
    looked_at = _head(source, keywords, 2 * count, after)
    others: list[Place] = [(id, rank) for id, rank, hit in looked_at if not hit][:count]
    # Matches behind this rank cannot reach the page, even with their head start.
    reach = others[-1][1] + ahead if len(others) == count else None
    after_match = (after[0], after[1] + ahead) if after else None
    earlier = [(id, rank - ahead) for id, rank in _part(source, keywords, True, count, after_match, reach)]
    if (
        len(others) < count
        and len(looked_at) == 2 * count
        and (len(earlier) < count or earlier[-1][1] >= looked_at[-1][1])
    ):
        # Most of the first tickets match, and the page may reach beyond those looked at.
        reach = earlier[-1][1] if len(earlier) == count else None
        others = _part(source, keywords, False, count, after, reach)
    merged = sorted(others + earlier, key=lambda place: (place[1], place[0]))
    return merged, {id for id, _ in earlier}


def count_before(
    queue: "QuerySet[Ticket]",
    moments: list[datetime],
    keywords: list[str],
    ahead: timedelta,
    count: "Callable[[QuerySet[Ticket], list[datetime]], list[int]]",
) -> list[int]:
    """For each rank, how many tickets come before it in the order with alerts; `count` counts without alerts."""
    if not keywords:
        return count(queue, moments)
    mentions = keyword_index.mentions(keywords)
    others = count(queue.exclude(mentions), moments)
    matching = count(queue.filter(mentions), [moment + ahead for moment in moments])
    return [a + b for a, b in zip(others, matching, strict=True)]


def _head(source: Source, keywords: list[str], count: int, after: Place | None) -> list[tuple[UUID, datetime, bool]]:
    """The first tickets by rank, each with whether its texts match.

    Only these texts are read: as a condition of the range, the planner would look for a common word in the whole table.
    """
    sql, params, order = source
    behind = "WHERE (rank, id) > (%s, %s)" if after else ""
    hit, words = keyword_index.literally(keywords, "head.id")
    return fast_sql.fetch_rows(
        f"SELECT id, rank, {hit} FROM (SELECT id, rank FROM ({sql}) part (id, rank, same) {behind} "  # noqa: S608  no input
        f"ORDER BY {order} LIMIT %s) head ORDER BY rank, id",
        [*words, *params, *((after[1], after[0]) if after else ()), count],
    )


def _part(
    source: Source, keywords: list[str], matching: bool, count: int, after: Place | None, reach: datetime | None
) -> list[Place]:
    """The first ids and ranks of matching (or of other) tickets in order, up to `reach`."""
    sql, params, order = source
    test, words = keyword_index.mentioned(keywords, "part.id")
    where = [test if matching else f"NOT {test}"]
    if after:
        where.append("(rank, id) > (%s, %s)")
    if reach:
        where.append("rank <= %s")
    return fast_sql.fetch_rows(
        f"SELECT id, rank FROM ({sql}) part (id, rank, same) "  # noqa: S608  no input
        f"WHERE {' AND '.join(where)} ORDER BY {order} LIMIT %s",
        [*params, *words, *((after[1], after[0]) if after else ()), *([reach] if reach else []), count],
    )
