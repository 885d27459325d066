"""From records to the database, in batches; where the import is stands in the same transaction as what it wrote."""

import dataclasses
from collections.abc import Callable, Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.db import DataError, IntegrityError, transaction
from django.utils import timezone

from agents import audit
from agents.common.transactions import atomic
from tickets.imports.groups import Group
from tickets.imports.import_errors import Refused, reason_of
from tickets.imports.recipes import Detail, Recipe, Result, bounded_details
from tickets.imports.runs.progress import Progress
from tickets.imports.runs.rejects import Details, Reject, Rejects
from tickets.models import ImportRun
from tickets.services import retrying

Save = Callable[[list[Any]], list[Result]]
BATCH_SIZE = 8 * 1024 * 1024  # characters; long messages must not fill the memory
_COUNTS = ("created", "updated", "unchanged", "rejected", "details")


class Stopped(Exception):
    """The import was asked to stop; finished batches are committed."""


@dataclasses.dataclass
class Importer:
    """One run over one file.

    `shown` receives each rejected row and `shown_detail` each omitted detail that is not written to a file.
    """

    recipe: Recipe
    run: ImportRun
    rejects: Rejects | None
    details: Details | None
    progress: Progress
    batch: int
    dry: bool
    stopping: Callable[[], bool]
    shown: Callable[[Reject], None] | None = None
    shown_detail: Callable[[Reject], None] | None = None
    read: int = 0

    def go(self, groups: Iterable[Group]) -> None:
        """Read all groups and save those that an earlier run of the same file has not saved. Raises `Stopped`."""
        batch: list[Group] = []
        size = 0
        for group in groups:
            if group.rows:
                self.recipe.pass_by(group.rows)
            if group.end <= self.run.line:
                continue
            batch.append(group)
            size += group.size
            if len(batch) >= self.batch or size >= BATCH_SIZE:
                self._batch(batch)
                batch, size = [], 0
                if self.stopping():
                    raise Stopped
        if batch:
            self._batch(batch)
        self._finish()

    def _batch(self, groups: list[Group]) -> None:
        good, items, reported, refused = self._build(groups)
        counts = {name: getattr(self.run, name) for name in (*_COUNTS, "line")}

        def work(save: Save) -> None:
            # A retry counts again from the first attempt's start.
            for name, value in counts.items():
                setattr(self.run, name, value)
            with transaction.atomic():  # noqa: TID251  a dry run rolls back on purpose
                taken, details = self._take(good, reported, save(items))
                self._note_details(details)
                self._note(refused + taken, groups[-1].end)
                if self.dry:
                    transaction.set_rollback(True)

        try:
            retrying(lambda: work(self.recipe.save))
        except (DataError, IntegrityError):
            # A row that the database refuses although the services accepted it must not stop the import.
            retrying(lambda: work(self._save_each))
        for file in (self.rejects, self.details):
            if file is not None:
                file.committed()
        self.read += sum(len(group.records) for group in groups)
        self.progress.update(self.run, self.read)

    def _build(self, groups: list[Group]) -> tuple[list[Group], list[Any], list[list[Detail]], list[Reject]]:
        good: list[Group] = []
        items: list[Any] = []
        reported: list[list[Detail]] = []
        refused: list[Reject] = []
        for group in groups:
            self.recipe.take_details()  # discards the details of a refused record
            try:
                if group.problem:
                    raise Refused(group.problem)
                items.append(self.recipe.build(group.rows))
                good.append(group)
                reported.append(self.recipe.take_details())
            except Refused as problem:
                refused += [(record, record.problem or str(problem)) for record in group.records]
        return good, items, reported, refused

    def _take(
        self, good: list[Group], reported: list[list[Detail]], results: list[Result]
    ) -> tuple[list[Reject], list[Reject]]:
        """Count the results; return the rows that the service refused, and the details left out of the others."""
        rejects: list[Reject] = []
        details: list[Reject] = []
        for group, built, (state, error, more) in zip(good, reported, results, strict=True):
            if state is None:
                rejects += [(record, reason_of(error, self.recipe.id_field)) for record in group.records]
                continue
            setattr(self.run, state.value, getattr(self.run, state.value) + 1)
            details += [(group.records[row], text) for text, row in built]
            details += [(group.records[0], text) for text, _ in bounded_details([Detail(text) for text in more])]
        return rejects, details

    def _note_details(self, details: list[Reject]) -> None:
        """Write or print the details of this batch, and count them."""
        if self.details is not None:
            self.details.write(details)
        elif self.shown_detail is not None:
            for detail in details:
                self.shown_detail(detail)
        self.run.details += len(details)

    def _note(self, rejects: list[Reject], line: int) -> None:
        """Record the reject file's and the run's state for this batch's commit."""
        rejects.sort(key=lambda reject: reject[0].line)
        if self.rejects is not None:
            self.rejects.write(rejects)
        elif self.shown is not None:
            for reject in rejects:
                self.shown(reject)
        self.run.rejected += len(rejects)
        self.run.line = line
        if not self.dry:
            self.run.save(update_fields=[*_COUNTS, "line"])

    def _save_each(self, items: list[Any]) -> list[Result]:
        return [self._save_one(item) for item in items]

    def _save_one(self, item: Any) -> Result:
        try:
            with atomic():
                return self.recipe.save([item])[0]
        except (DataError, IntegrityError) as error:
            return Result(None, ValidationError(f"The database refuses it: {str(error).splitlines()[0]}"))

    def _finish(self) -> None:
        if self.dry:
            return
        run = self.run
        with atomic():
            run.finished_at = timezone.now()
            run.save(update_fields=["finished_at"])
            changes = {name: (0, getattr(run, name)) for name in _COUNTS}
            audit.record("import.finished", run, actor=None, changes=changes)
