"""Thousands of faults against the services as production calls them: `script/run python -m intelligence.tests.storm`.

Two processes with many threads call a server that answers only with faults. Exits with 1 if a call exceeded its deadline, an
exception escaped, an answer does not name its source, or a service was called while its breaker was open.
"""

import argparse
import multiprocessing
import os
import random
import statistics
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

SECONDS = 1.0  # that a question may take
LATE = 0.5  # seconds beyond it on a machine whose processors are shared
THREADS = 6
FAULTS: list[dict[str, Any]] = [
    {"status": 400}, {"status": 404}, {"status": 422}, {"status": 429}, {"retry_after": "0.05"}, {"retry_after": "soon"},
    {"status": 500}, {"status": 501}, {"status": 502}, {"status": 503}, {"status": 504}, {"reset": "before"},
    {"reset": "after"}, {"truncate": True}, {"empty": True}, {"text": "<html>"}, {"json": []}, {"json": None},
    {"json": {"choices": []}}, {"json": {"message": {"text": 5}}}, {"json": {"churn_risk": "high", "archetype": 7}},
    {"redirect": "http://127.0.0.1:9/"}, {"large": 1_200_000}, {"slow": 1.2}, {"drip_headers": 1.2}, {"drip_body": 1.2},
    *({"hostile": name} for name in ("promises", "foreign_facts", "html", "prompt_echo", "personal", "long", "empty")),
    *({"hostile": name} for name in ("wrong_language", "control", "template")),
]  # fmt: skip


@dataclass
class Tally:
    """Outcomes of the calls of one process."""

    took: list[float] = field(default_factory=list)
    sources: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)
    example: dict[str, str] = field(default_factory=dict)

    def complain(self, what: str, example: object) -> None:
        self.wrong[what] += 1
        self.example.setdefault(what, repr(example)[:300])

    def add(self, other: "Tally") -> None:
        self.took += other.took
        self.sources += other.sources
        self.wrong += other.wrong
        self.example |= other.example


def prepare(url: str, run: str, pause: float | None) -> None:
    """Configure a process that calls the server at `url`; `pause` shortens how long a breaker stays open."""
    os.environ.update(
        QUIMBI_AI_URL=url, QUIMBI_AI_API_KEY="demo-key", LLM_BASE_URL=f"{url}/v1", LLM_API_KEY="demo-key", LLM_MODEL=run
    )
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "quimbi_crm.settings")
    os.environ["LOG_LEVEL"] = "CRITICAL"
    import django

    django.setup()
    if pause is not None:
        from intelligence.providers.transport import circuit_breaker

        circuit_breaker.OPEN = circuit_breaker.WAIT = pause


def ask(rng: random.Random, tally: Tally) -> None:
    """Make one random request and check that its answer is acceptable."""
    from dataclasses import replace
    from uuid import UUID

    from intelligence.contract.deadline import Deadline
    from intelligence.drafting.check import findings
    from intelligence.providers.chain import Asking
    from intelligence.services.configured_providers import chain
    from intelligence.tests.conversations import conversation, order

    one = conversation(*["Where is 44753?", "> We are looking into it."] * 5, "Hello?", orders=(order(),))
    customer = replace(one.customer, id=UUID(int=rng.getrandbits(128)))
    what, key = rng.choice(("draft", "draft", "plan", "summarize", "analyze")), f"{rng.getrandbits(64)}"
    started = time.monotonic()
    found: Any
    try:
        asking = chain()
        asking.__dict__["embedded"] = _embedded()
        if what == "analyze":
            found = asking.analyze(customer, "", Deadline(SECONDS))
        elif what == "draft":
            found = asking.draft(one, None, Asking(Deadline(SECONDS), key))
        else:
            found = getattr(asking, what)(one, Asking(Deadline(SECONDS), key))
    except BaseException as error:  # noqa: BLE001  that none gets out is what is tried
        tally.complain("exception", f"{what}: {type(error).__name__}")
        return
    took, told = time.monotonic() - started, found.provenance
    tally.took.append(took)
    tally.sources[f"{what} by {told.source}"] += 1
    if took > SECONDS + LATE:
        tally.complain("over the deadline", f"{what}: {took:.2f} s")
    if told.source == "embedded" and not (told.degraded and told.reasons):
        tally.complain("not marked", found)
    if what == "draft" and findings(found.content, one, found.language):
        tally.complain("hostile text", found.content)


def _embedded() -> Any:
    from intelligence.providers.embedded import EmbeddedProvider

    return EmbeddedProvider()  # published averages: no database


def work(url: str, run: str, pause: float | None, seed: int, until: float, asked: Any, answers: Any) -> None:
    """Run one process: call from many threads until the time is over or enough faults have happened."""
    prepare(url, run, pause)
    tallies = [Tally() for _ in range(THREADS)]

    def loop(tally: Tally, rng: random.Random) -> None:
        while time.time() < until and not asked.is_set():
            ask(rng, tally)
            if pause is None:
                time.sleep(0.05)

    threads = [
        threading.Thread(target=loop, args=(tally, random.Random(seed * 1000 + place)))
        for place, tally in enumerate(tallies)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    total = Tally()
    for tally in tallies:
        total.add(tally)
    answers.put(total)


class Watched:
    """A fake service that records the time of each call."""

    def __init__(self, **options: Any) -> None:
        from intelligence.tests.fake_ai import FakeAI

        self.moments: list[tuple[float, str]] = []
        self.fake = FakeAI(**options)
        respond = self.fake.respond

        def timed(method: str, path: str, body: Any, headers: Any) -> Any:
            self.moments.append((time.time(), path))
            return respond(method, path, body, headers)

        self.fake.respond = timed  # type: ignore[method-assign]


def storm(
    watched: Watched, run: str, pause: float | None, seconds: float, faults: int | None, during: Any = None
) -> Tally:
    """Two processes until so many calls were made or the time is over."""
    context = multiprocessing.get_context("spawn")
    answers, enough = context.Queue(), context.Event()
    until = time.time() + seconds
    children = [
        context.Process(target=work, args=(watched.fake.url, run, pause, seed, until, enough, answers))
        for seed in (1, 2)
    ]
    for child in children:
        child.start()
    while time.time() < until and any(child.is_alive() for child in children):
        if faults is not None and len(watched.moments) >= faults:
            break
        if during is not None:
            during()
        if sys.stderr.isatty():
            sys.stderr.write(f"\r{len(watched.moments):,} calls ")
        time.sleep(0.2)
    enough.set()
    total = Tally()
    for _ in children:
        total.add(answers.get(timeout=120))
    for child in children:
        child.join()
    return total


def tell(title: str, tally: Tally, calls: int, seconds: float) -> None:
    took = sorted(tally.took)
    cuts = statistics.quantiles(took, n=100) if len(took) > 1 else [0.0] * 99
    write = sys.stdout.write
    write(f"{title}: {calls:,} calls, {len(took):,} questions in {seconds:.0f} s; ")
    write(f"p50 {cuts[49] * 1000:.0f} ms, p95 {cuts[94] * 1000:.0f} ms, longest {took[-1] * 1000:.0f} ms\n")
    write(f"  {dict(tally.sources.most_common())}\n")
    for what, count in tally.wrong.items():
        write(f"  WRONG, {what}: {count}, such as {tally.example[what]}\n")


def outage(seconds: float) -> tuple[Tally, bool]:
    """Everything fails, with the breaker as it is: two processes together ask five times, then one probe each half minute."""
    from intelligence.providers.transport import circuit_breaker

    watched = Watched()
    watched.fake.script("*", {"status": 501}, times=None)  # which is not retried
    started, healed = time.time(), [False]

    def heal() -> None:
        if not healed[0] and time.time() - started > seconds - 40:
            healed[0] = True
            watched.fake.reset()

    tally = storm(watched, f"outage-{os.getpid()}", None, seconds, None, heal)
    good = True
    for path in sorted({path for _, path in watched.moments}):
        moments = [moment for moment, one in watched.moments if one == path]
        gaps = [later - earlier for earlier, later in zip(moments, moments[1:], strict=False)]
        pauses = [round(gap, 1) for gap in gaps if gap > 5]
        first = next((place for place, gap in enumerate(gaps, 1) if gap > 5), len(moments))
        sys.stdout.write(f"  {path}: {len(moments)} calls; {first} before the first pause; pauses {pauses} s\n")
        # Questions on their way when it opened were asked before; what begins later waits for the probe.
        good = good and all(gap >= circuit_breaker.OPEN - 0.2 for gap in pauses)
    watched.fake.close()
    tell("Outage, mended 40 s before the end", tally, len(watched.moments), seconds)
    return tally, good


def main() -> int:
    parser = argparse.ArgumentParser(description="Ask services of which every answer is a fault.")
    parser.add_argument("--faults", type=int, default=10_000)
    parser.add_argument("--minutes", type=float, default=10, help="at the most, for the faults")
    parser.add_argument("--outage", type=float, default=110, help="seconds of the outage; 0 leaves it out")
    arguments = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "quimbi_crm.settings")
    started, watched, rng = time.time(), Watched(), random.Random(7)
    watched.fake.script("*", *(rng.choice(FAULTS) for _ in range(5_000)), times=None)
    tally = storm(watched, f"storm-{os.getpid()}", 0.02, 60 * arguments.minutes, arguments.faults)
    watched.fake.close()
    tell("Storm", tally, len(watched.moments), time.time() - started)
    good = not tally.wrong
    if arguments.outage:
        other, kept = outage(arguments.outage)
        good = good and kept and not other.wrong
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
