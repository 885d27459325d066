"""Fit the parameters of a shop: maximum likelihood with a weak prior, so that a new shop has usable values."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import exp, inf, lgamma, log, log1p

from intelligence.lifetime.minimum import minimum
from intelligence.lifetime.model import Parameters, erlang_sum
from intelligence.lifetime.order_history import WEEK, History

REGULARITIES = (1, 2, 3, 4, 6)
PRIOR = Parameters(r=0.5, alpha=8.0, a=0.8, b=2.5)
PRIOR_WIDTH = 1.0  # τ of the log-normal prior
MIN_GAPS = 30  # with fewer gaps, k cannot be estimated
CHOOSING = 4000  # histories used to choose k; more do not change the choice
_LIMIT = 12.0  # limit of a parameter's logarithm: e^12 weeks are 3,000 years


@dataclass(frozen=True)
class Fitted:
    """Fitted parameters; `log_likelihood` is that of the data, without the prior."""

    parameters: Parameters
    log_likelihood: float
    customers: int


@dataclass(frozen=True)
class Sample:
    """What the likelihood needs from many histories: the number of each (x, t_x, T), by x, and Σ ln(gap)."""

    by_repeats: dict[int, list[tuple[float, float, int]]]
    customers: int
    gaps: int
    log_gaps: float


def sample_of(histories: Iterable[History], today: int) -> Sample:
    counted: Counter[tuple[int, float, float]] = Counter()
    gaps, log_gaps = 0, 0.0
    for one in histories:
        counted[one.weeks(today)] += 1
        for gap in one.gaps:
            gaps += 1
            log_gaps += log(gap / WEEK)
    by_repeats: dict[int, list[tuple[float, float, int]]] = {}
    for (x, t_x, age), count in counted.items():
        by_repeats.setdefault(x, []).append((t_x, age, count))
    return Sample(by_repeats, counted.total(), gaps, log_gaps)


def log_likelihood(sample: Sample, m: Parameters) -> float:
    """Sum of `model.log_likelihood` over the histories; terms that depend on x alone are computed once per x."""
    total = 0.0
    alpha, k = m.alpha, m.k
    same = m.r * log(alpha) - lgamma(m.r) + lgamma(m.a + m.b) - lgamma(m.b)
    for x, rows in sample.by_repeats.items():
        shape = m.r + k * x
        stays = m.b + x + 1 if m.leaves_at_first else m.b + x
        never = x == 0 and not m.leaves_at_first
        leaving = -inf if never else log(m.a) - log(stays - 1)
        fixed = same + lgamma(shape) + lgamma(stays) - lgamma(m.a + stays)
        for t_x, age, count in rows:
            log_age = log(alpha + age)
            within = 0.0
            if k > 1:
                within = log(erlang_sum(k, shape, (age - t_x) / (alpha + age)))
            odds = leaving + shape * (log_age - log(alpha + t_x)) - within
            both = odds + log1p(exp(-odds)) if odds > 0 else log1p(exp(odds))
            total += count * (fixed - shape * log_age + within + both)
    repeats = sum(x * count for x, rows in sample.by_repeats.items() for _, _, count in rows)
    return total + (k - 1) * sample.log_gaps - repeats * lgamma(k)


def fit_k(sample: Sample, k: int, *, prior: bool = True, leaves_at_first: bool = True) -> Fitted:
    """The best parameters for one k. The prior's α is for the order rate, so it is divided by k."""
    centre = [log(PRIOR.r), log(PRIOR.alpha / k), log(PRIOR.a), log(PRIOR.b)]

    def loss(point: Sequence[float]) -> float:
        if any(abs(value) > _LIMIT for value in point):
            return inf
        value = -log_likelihood(sample, _parameters(point, k, leaves_at_first))
        if prior:
            value += sum((p - c) ** 2 for p, c in zip(point, centre, strict=True)) / (2 * PRIOR_WIDTH**2)
        return value

    point, _ = minimum(loss, centre)
    parameters = _parameters(point, k, leaves_at_first)
    return Fitted(parameters, log_likelihood(sample, parameters), sample.customers)


def _parameters(point: Sequence[float], k: int, leaves_at_first: bool) -> Parameters:
    r, alpha, a, b = (exp(value) for value in point)
    return Parameters(r, alpha, a, b, k, leaves_at_first)


def fit(histories: Sequence[History], today: int) -> Fitted:
    """The k with the highest likelihood and its parameters; the prior alone if there is no history."""
    if not histories:
        return Fitted(PRIOR, 0.0, 0)
    k = choose_k(sample_of(evenly(histories, CHOOSING), today))
    return fit_k(sample_of(histories, today), k)


def choose_k(sample: Sample) -> int:
    """How regular the shop's customers are: a larger k is taken only if its likelihood at its own best parameters is higher."""
    if sample.gaps < MIN_GAPS:
        return 1
    best = max((fit_k(sample, k) for k in REGULARITIES), key=lambda fitted: fitted.log_likelihood)
    return best.parameters.k


def evenly(histories: Sequence[History], most: int) -> Sequence[History]:
    """At most `most` items, evenly spread and always the same ones."""
    if len(histories) <= most:
        return histories
    return [histories[index * len(histories) // most] for index in range(most)]


def usual_wait(histories: Iterable[History]) -> int:
    """The horizon H in days: 90 % of the gaps between purchases are shorter. Within 60…365; 180 if nobody ordered twice."""
    gaps = sorted(gap for one in histories for gap in one.gaps)
    if not gaps:
        return 180
    return min(max(gaps[min(int(0.9 * len(gaps)), len(gaps) - 1)], 60), 365)
