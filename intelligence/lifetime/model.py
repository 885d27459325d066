"""Purchase frequency and probability of being active: the MBG/CNBD-k model, computed in log space.

Each customer orders at a rate of their own, with gaps that are Erlang-k distributed (k = 1: at random; the larger k, the more
regular), and may leave for good after each order, the first included. Rates are gamma distributed over customers (r, α), the
chance to leave is beta distributed (a, b).

Sources: Fader, Hardie, Lee (2005), "Counting Your Customers" the Easy Way (BG/NBD); Batislam, Denizel, Filiztekin (2007) for
leaving after the first order (MBG/NBD); Platzer, Reutterer (2016), Ticking Away the Moments (k > 1). Times are in weeks.
"""

from dataclasses import dataclass
from math import exp, expm1, inf, lgamma, log, log1p

_TERMS = 100_000
_PRECISION = 1e-13


@dataclass(frozen=True)
class Parameters:
    """Fitted parameters of a shop. `leaves_at_first` is False for BG/NBD as published, where no customer leaves before the
    second order.
    """

    r: float
    alpha: float
    a: float
    b: float
    k: int = 1
    leaves_at_first: bool = True


def erlang_sum(k: int, shape: float, v: float) -> float:
    """Σ_{j<k} (shape)_j/j! · v^j: the part of S(H) that k > 1 adds."""
    total = term = 1.0
    for j in range(1, k):
        term *= (shape + j - 1) / j * v
        total += term
    return total


def log_survival(m: Parameters, x: int, t_x: float, age: float, weeks: float) -> float:
    """ln S(H) − ln S(0): log probability that a customer who has not left orders nothing within `weeks`."""
    shape = m.r + m.k * x
    now, then = m.alpha + age, m.alpha + age + weeks
    ratio = -shape * log1p(weeks / now)
    if m.k > 1:
        ratio += log(erlang_sum(m.k, shape, (age + weeks - t_x) / then))
        ratio -= log(erlang_sum(m.k, shape, (age - t_x) / now))
    return min(ratio, 0.0)


def log_odds_gone(m: Parameters, x: int, t_x: float, age: float) -> float:
    """ln(dead/alive): log odds that the customer has left; −inf if they cannot have left."""
    leaving = m.b + (x if m.leaves_at_first else x - 1)
    if x == 0 and not m.leaves_at_first:
        return -inf
    shape = m.r + m.k * x
    silence = shape * log1p((age - t_x) / (m.alpha + t_x))
    if m.k > 1:
        silence -= log(erlang_sum(m.k, shape, (age - t_x) / (m.alpha + age)))
    return log(m.a) - log(leaving) + silence


def p_alive(m: Parameters, x: int, t_x: float, age: float) -> float:
    """0…1: the probability that the customer has not left."""
    odds = log_odds_gone(m, x, t_x, age)
    if odds > 0:
        back = exp(-odds)
        return back / (1 + back)
    return 1 / (1 + exp(odds))


def churn(m: Parameters, x: int, t_x: float, age: float, weeks: float) -> float:
    """0…1: the probability of no order within the next `weeks`, whether the customer has left or only waits."""
    orders = -expm1(log_survival(m, x, t_x, age, weeks))
    return min(max(1 - p_alive(m, x, t_x, age) * orders, 0.0), 1.0)


def expected_if_stays(m: Parameters, x: int, age: float, weeks: float) -> float:
    """Orders expected within `weeks` from a customer who has not left. Exact for k = 1, otherwise by the rate alone."""
    shape = m.r + m.k * x
    scale = m.k * (m.alpha + age)
    c = m.a + m.b + (x if m.leaves_at_first else x - 1)
    # The Euler-transformed series alternates and loses precision if its first parameter is far below zero.
    if shape - c > 20:
        return c * _mean_of_counts(shape, scale, c, m.a, weeks)
    return c * _euler_series(shape, scale, c, m.a, weeks)


def expected(m: Parameters, x: int, t_x: float, age: float, weeks: float) -> float:
    """E[X(H)]: orders expected within the next `weeks`."""
    return p_alive(m, x, t_x, age) * expected_if_stays(m, x, age, weeks)


def _euler_series(shape: float, scale: float, c: float, a: float, weeks: float) -> float:
    """[1 − q^(a−1) · ₂F₁(c−shape, a−1; c; z)] / (a−1), z = H/(A+H), q = 1−z; in a form without a special case at a = 1."""
    z = weeks / (scale + weeks)
    log_q = -log1p(weeks / scale)
    e = a - 1
    term = total = (c - shape) / c * z
    for n in range(1, _TERMS):
        term *= (c - shape + n) * (e + n) / ((c + n) * (n + 1)) * z
        total += term
        if abs(term) <= _PRECISION * abs(total):
            break
    power = exp(e * log_q)
    head = -expm1(e * log_q) / e if abs(e) > 1e-12 else -log_q
    return max(head - power * total, 0.0)


def _mean_of_counts(shape: float, scale: float, c: float, a: float, weeks: float) -> float:
    """The same figure as a mean over the number of orders if nobody left (negative binomial); avoids cancellation."""
    z = weeks / (scale + weeks)
    log_weight = -shape * log1p(weeks / scale)
    mean = shape * weeks / scale
    still, orders, total = 1.0, 0.0, 0.0
    for n in range(_TERMS):
        weight = exp(log_weight)
        total += weight * orders
        if n > mean and weight * orders <= _PRECISION * total:
            break
        orders += still / (c + n)
        still *= 1 - (a - 1) / (c + n)
        log_weight += log((shape + n) / (n + 1) * z)
    return total


def log_likelihood(m: Parameters, x: int, t_x: float, age: float, log_gaps: float = 0.0) -> float:
    """Log likelihood of one history. `log_gaps` is Σ ln(gap in weeks), which only matters for k > 1."""
    shape = m.r + m.k * x
    stays = m.b + (x if m.leaves_at_first else x - 1) + 1
    value = m.r * log(m.alpha) - lgamma(m.r) + lgamma(shape) - shape * log(m.alpha + age)
    value += lgamma(stays) + lgamma(m.a + m.b) - lgamma(m.b) - lgamma(m.a + stays)
    if m.k > 1:
        value += log(erlang_sum(m.k, shape, (age - t_x) / (m.alpha + age)))
        value += (m.k - 1) * log_gaps - x * lgamma(m.k)
    return value + log_one_plus_exp(log_odds_gone(m, x, t_x, age))


def log_one_plus_exp(value: float) -> float:
    """ln(1 + e^value) without overflow."""
    return value + log1p(exp(-value)) if value > 0 else log1p(exp(value))
