"""How far an import is: a bar on a terminal, else a line every ten seconds."""

import time
from typing import IO, Any

from tqdm import tqdm

from tickets.imports.formats.files import Source
from tickets.models import ImportRun

SECONDS_BETWEEN_LINES = 10.0


class Progress:
    """Progress on standard error; its clock starts when it is created."""

    def __init__(self, source: Source, out: IO[str], bar: bool) -> None:
        self._source = source
        self._out = out
        self.started = self._told = time.monotonic()
        self._bar: tqdm[Any] | None = None
        if bar:
            self._bar = tqdm(
                total=source.size, unit="B", unit_scale=True, file=out, desc=source.name[-40:], mininterval=0.5
            )

    def update(self, run: ImportRun, read: int) -> None:
        """Called after each batch: `read` is the number of rows read by this process."""
        if self._bar is not None:
            self._bar.update(self._source.position() - self._bar.n)
            self._bar.set_postfix_str(f"{read / self.seconds():,.0f} rows/s, {run.rejected:,} rejected", refresh=False)
        elif time.monotonic() - self._told >= SECONDS_BETWEEN_LINES:
            self._told = time.monotonic()
            size = self._source.size
            done = f" ({100 * self._source.position() / size:.0f} %)" if size else ""
            self._out.write(
                f"line {run.line:,}{done}: {run.created:,} created, {run.updated:,} updated, {run.unchanged:,} unchanged, "
                f"{run.rejected:,} rejected, {read / self.seconds():,.0f} rows/s\n"
            )
            self._out.flush()

    def seconds(self) -> float:
        return max(time.monotonic() - self.started, 1e-6)

    def close(self) -> None:
        if self._bar is not None:
            self._bar.update(self._source.position() - self._bar.n)
            self._bar.close()
