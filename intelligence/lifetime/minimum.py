"""Minimize a function of a few variables (Nelder, Mead 1965)."""

from collections.abc import Callable, Sequence

Point = list[float]


def minimum(
    function: Callable[[Sequence[float]], float],
    start: Sequence[float],
    step: float = 0.4,
    tolerance: float = 1e-7,
    evaluations: int = 2000,
) -> tuple[Point, float]:
    """Find the minimum and its value. Stops when the simplex is flat to within `tolerance`, relative to the value."""
    points = [list(start)] + [[v + step * (i == j) for j, v in enumerate(start)] for i in range(len(start))]
    simplex = sorted((function(point), point) for point in points)
    used = len(simplex)
    while used < evaluations:
        best, worst = simplex[0][0], simplex[-1][0]
        if worst - best <= tolerance * (1 + abs(best)) / 100 and _width(simplex) < 1e-4:
            break
        centre = [sum(p[i] for _, p in simplex[:-1]) / len(start) for i in range(len(start))]
        used += _move(simplex, centre, function)
        simplex.sort(key=lambda entry: entry[0])
    return simplex[0][1], simplex[0][0]


def _width(simplex: list[tuple[float, Point]]) -> float:
    lowest = simplex[0][1]
    return max(abs(value - low) for _, point in simplex[1:] for value, low in zip(point, lowest, strict=True))


def _move(simplex: list[tuple[float, Point]], centre: Point, function: Callable[[Sequence[float]], float]) -> int:
    """Replace the worst point by a better one, or shrink all towards the best. Returns the number of evaluations."""
    worst, far = simplex[-1]

    def along(amount: float) -> tuple[float, Point]:
        point = [c + amount * (c - f) for c, f in zip(centre, far, strict=True)]
        return function(point), point

    reflected = along(1.0)
    if reflected[0] < simplex[0][0]:
        expanded = along(2.0)
        simplex[-1] = min(expanded, reflected)
        return 2
    if reflected[0] < simplex[-2][0]:
        simplex[-1] = reflected
        return 1
    contracted = along(0.5) if reflected[0] < worst else along(-0.5)
    if contracted[0] < min(reflected[0], worst):
        simplex[-1] = contracted
        return 2
    best = simplex[0][1]
    for index in range(1, len(simplex)):
        point = [b + 0.5 * (p - b) for p, b in zip(simplex[index][1], best, strict=True)]
        simplex[index] = function(point), point
    return 2 + len(simplex) - 1
