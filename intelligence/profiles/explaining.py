"""Explain the figures of a profile in sentences. Each states a fact of the records or of the shop."""

from datetime import date

from intelligence.contract.results import Factor
from intelligence.profiles.customer_figures import Profile
from intelligence.profiles.segments import FREQUENCY, PRICE, VALUE
from intelligence.profiles.shop_figures import Shop


def churn_factors(one: Profile, shop: Shop) -> tuple[Factor, ...]:
    """The facts behind the churn risk: when and how often the customer ordered, and what is usual in the shop."""
    silent = one.days_silent
    ended = date.fromordinal(one.seen_on) == shop.observed_until
    when = f"{days(silent)} before the record ends" if ended else ago(silent)
    found = [Factor(f"Last order {when}.", silent, "days_since_last_order")]
    repeats = one.history.repeats
    if repeats:
        gap = round((one.history.days[-1] - one.history.days[0]) / repeats, 1)
        text = f"Came back once, after {days(round(gap))}."
        if repeats > 1:
            text = f"{days(round(gap))} between orders on average."
        found.append(Factor(text, gap, "average_gap_days"))
        if repeats > 1 and silent > gap:
            times = round(silent / gap, 1)
            found.append(Factor(f"The silence is {times:,g} times that long.", times, "silence_ratio"))
    orders = one.history.purchases
    text = "Has ordered once only." if orders == 1 else f"Has ordered on {orders:,} days so far."
    found.append(Factor(text, orders, "order_days"))
    if shop.base_rate is not None:
        text = f"{shop.base_rate:.0%} of this shop's customers place no order within {days(shop.horizon_days)}."
        found.append(Factor(text, round(shop.base_rate, 4), "base_rate"))
    return tuple(found)


def recommendation(one: Profile, shop: Shop) -> str:
    """One or two sentences of advice for the lifecycle."""
    if one.lifecycle == "newcomer":
        return "First order so far: a full and quick answer now decides whether a second one follows."
    if one.lifecycle == "one_timer":
        return "One order, and none since: answer well, and expect little from a special effort."
    if one.lifecycle == "loyalist":
        return "A customer who keeps coming back: keep it so, and answer without asking for what the record shows."
    if one.days_silent > shop.horizon_days:
        # Count days as the churn factors do: up to the end of the record if it ends before today.
        ended = date.fromordinal(one.seen_on) == shop.observed_until
        state = f"No order for {days(one.days_silent)}{' before the record ends' if ended else ''}"
    else:
        state = f"Another order within {days(shop.horizon_days)} is unlikely"
    if one.lifecycle == "at_risk":
        return f"{state}: settle this in one reply where possible, and follow up personally."
    if one.segments[VALUE] in ("whale", "premium"):
        return f"{state}: worth a personal follow-up."
    return f"{state}: answer well, and let a routine win-back do the rest."


def guidance(one: Profile) -> tuple[str, ...]:
    """Advice on how to write to the customer."""
    history = one.history
    lines = []
    if history.purchases >= 2:
        since = date.fromordinal(history.days[0])
        lines.append(
            f"A customer since {since:%B %Y} with orders on {history.purchases:,} days: refer to what they bought."
        )
    else:
        lines.append("They have ordered once: explain steps that regular customers know.")
    if one.segments[VALUE] in ("whale", "premium"):
        lines.append("Among the shop's best customers by spend: be detailed and personal.")
    elif one.segments[FREQUENCY] == "power_buyer":
        lines.append("They order often: be brief, and skip the basics.")
    else:
        lines.append("Be clear and friendly, and answer every question in one reply.")
    if one.segments.get(PRICE) == "deal_hunter":
        lines.append("They mostly buy at a discount: name prices and conditions exactly.")
    elif one.segments.get(PRICE) == "full_price":
        lines.append("They rarely use discounts: speak of quality and service rather than of price.")
    if one.lifecycle in ("at_risk", "lapsed"):
        lines.append("They may not order again: answer everything in this reply, so that they need not ask twice.")
        lines.append("A win-back incentive is your team's decision: promise none that is not approved.")
    if history.spent <= 0:
        lines.append("Nothing that they paid was kept: orders were free or paid back in full.")
    return tuple(lines)


def reasons(one: Profile | None, shop: Shop, later: int) -> tuple[str, ...]:
    """What the profile was made from; `later` is the number of orders dated in the future."""
    lines = []
    if one is None:
        lines.append("There is no order to learn from, so nothing is predicted.")
    else:
        first, last = (date.fromordinal(day).isoformat() for day in (one.history.days[0], one.history.days[-1]))
        span = f"one day, {first}" if first == last else f"{one.history.purchases:,} days, {first} to {last}"
        lines.append(f"From orders on {span}.")
        if date.fromordinal(one.seen_on) == shop.observed_until:
            lines.append(f"The record ends on {shop.observed_until}; the figures are as of that day.")
    if later:
        lines.append(f"{later} order{'s are' if later > 1 else ' is'} dated in the future and left out.")
    if shop.fitted_on is None:
        lines.append("The model is not fitted to this shop yet; published averages stand in.")
    else:
        lines.append(f"Fitted on {shop.fitted_on} to {shop.customers:,} customers with {shop.orders:,} orders.")
    if shop.recency is not None:
        lines.append("Churn risk is from days since the last order alone, which forecast better here.")
    if shop.judged:
        lines.append(shop.judged)
    return tuple(lines)


def days(count: int) -> str:
    return "1 day" if count == 1 else f"{count:,} days"


def ago(count: int) -> str:
    return "today" if count == 0 else f"{days(count)} ago"
