"""What `import_customers`, `import_orders` and `import_tickets` share: options, preparation, and what is said at the end."""

import contextlib
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import InterfaceError, OperationalError, ProgrammingError
from phonenumbers import SUPPORTED_REGIONS
from psycopg.errors import UndefinedColumn, UndefinedTable

from tickets.imports import columns, groups
from tickets.imports.file_records import Table
from tickets.imports.formats.documents import json_records
from tickets.imports.formats.files import STDIN, Source, content_digest, is_json, open_source, telling_where
from tickets.imports.formats.samples import numbered, refuse_messages, sampled
from tickets.imports.import_errors import ImportProblem
from tickets.imports.recipes import Recipe
from tickets.imports.runs.import_locks import alone
from tickets.imports.runs.progress import Progress
from tickets.imports.runs.rejects import Details, Reject, Rejects
from tickets.imports.runs.resume_points import begin, fingerprint
from tickets.imports.runs.runner import Importer, Stopped
from tickets.imports.runs.stopping import politely
from tickets.imports.systems.known_systems import (
    CONVERTED,
    System,
    agent_addresses,
    system_of_header,
    system_of_objects,
    unused,
    unused_of_entries,
)
from tickets.imports.systems.shops import SHOP_KEYS
from tickets.imports.values import Conventions, Reader
from tickets.models import ImportRun

SHOWN_KEYS = 200  # unused columns or keys that are listed
_OURS = frozenset({"line", "reason"})  # columns that reject files put in front
MAX_PREFIX = 40  # characters of --id-prefix
SHOWN = 20  # rejected lines that a dry run prints
# Options that change the result of a line: another value makes another import, with its own resume point.
_MEANING = (
    "format", "delimiter", "encoding", "no_header", "map", "set", "values", "timezone", "date_format", "decimal_comma",
    "number_from", "region", "origin",
)  # fmt: skip


@dataclass
class Prepared:
    """A file whose columns are mapped to fields."""

    groups: Iterator[groups.Group]
    header: list[str] | None
    recipe: Recipe


class ImportCommand(BaseCommand):
    """Imports a file; the subclass's `recipe` says what its records are."""

    recipe: ClassVar[type[Recipe]]
    what: ClassVar[str]

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", help="a CSV or JSON lines file, also as .gz, or - for standard input")
        parser.add_argument(
            "--format", choices=["csv", "jsonl"], default="", help="file format (default: by the file's name)"
        )
        parser.add_argument(
            "--delimiter", default="", help="CSV delimiter: a character, or tab, comma, semicolon, pipe, whitespace"
        )
        parser.add_argument("--encoding", default="utf-8", help="CSV encoding (JSON lines are always UTF-8)")
        parser.add_argument(
            "--no-header", action="store_true", help="the first line is data; --map uses column numbers"
        )
        parser.add_argument(
            "--map",
            action="append",
            default=[],
            metavar="FIELD=COLUMN",
            help="column of a field; also a=X,b=Y; FIELD= ignores the field",
        )
        parser.add_argument(
            "--set", action="append", default=[], metavar="FIELD=VALUE", help="value of a field that the file lacks"
        )
        parser.add_argument(
            "--map-value",
            "--values",
            dest="values",
            action="append",
            default=[],
            metavar="FIELD:THEIRS=OURS",
            help="replaces a value of the file; also …,THEIRS=OURS",
        )
        parser.add_argument(
            "--from",
            dest="origin",
            default="",
            choices=[*(system.name for system in self.recipe.systems), "other"],
            help="help desk or shop system of the export (default: by its keys or columns)",
        )
        parser.add_argument("--timezone", default="UTC", help="time zone of times without one, such as Europe/Berlin")
        parser.add_argument("--date-format", default="", help="format of times, such as %%d/%%m/%%Y %%H:%%M")
        parser.add_argument(
            "--region",
            default="",
            help="country of telephone numbers without a country code, such as DE; a row's own country takes precedence",
        )
        parser.add_argument(
            "--id-prefix",
            default="",
            metavar="TEXT",
            help="prefix for the file's ids and numbers, for a second shop in the same database",
        )
        parser.add_argument("--decimal-comma", action="store_true", help="amounts are written 1.234,56")
        parser.add_argument("--batch", type=int, default=2000, help="records per transaction (2000)")
        parser.add_argument(
            "--rejects",
            default="",
            metavar="PATH",
            help="file for rejected lines (default: FILE.rejected.csv or .jsonl)",
        )
        parser.add_argument(
            "--details", default="", metavar="PATH", help="file for details (default: FILE.details.csv)"
        )
        parser.add_argument("--strict", action="store_true", help="exit code 1 if a line was rejected")
        parser.add_argument("--dry-run", action="store_true", help="check everything, write nothing")
        parser.add_argument(
            "--restart", action="store_true", help="start from the first line instead of resuming an interrupted import"
        )
        parser.add_argument("--progress", action="store_true", help="show a progress bar even without a terminal")
        fields = "; ".join(f"{field.name} ({field.help.replace('%', '%%')})" for field in self.recipe.fields)
        parser.epilog = f"Fields: {fields}."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if options["batch"] not in range(1, 100_001):
                raise ImportProblem("--batch takes a number from 1 to 100,000.")
            with contextlib.ExitStack() as stack:
                digest = self._digest(options, stack)
                source = stack.enter_context(open_source(options["file"]))
                stack.enter_context(telling_where(source))
                self._import(source, digest, options)
        except ImportProblem as problem:
            raise CommandError(str(problem)) from None
        except ProgrammingError as error:
            if not isinstance(error.__cause__, UndefinedTable | UndefinedColumn):
                raise
            raise CommandError("The database lacks tables or columns of this version: run migrate first.") from None
        except (OperationalError, InterfaceError) as error:
            said = str(error).strip().splitlines() or ["no reason given"]
            raise CommandError(
                f"The database failed ({said[0]}). All batches before are saved; the same command goes on from there."
            ) from error

    def _digest(self, options: dict[str, Any], stack: contextlib.ExitStack) -> str:
        """The digest that identifies the file ("" for standard input), and its lock."""
        if options["file"] == STDIN:
            self.stderr.write("Standard input cannot be read twice: if this import is interrupted, it starts anew.")
            return ""
        digest = content_digest(options["file"])
        if not options["dry_run"]:
            stack.enter_context(alone(self.recipe.kind, digest, options["file"]))
        return digest

    def _import(self, source: Source, digest: str, options: dict[str, Any]) -> None:
        ready = self.prepare(source, options)
        meaning = {name: options.get(name) for name in _MEANING}
        if options["id_prefix"]:  # without a prefix, fingerprints stay as they were before the option existed
            meaning["id_prefix"] = options["id_prefix"]
        key = fingerprint(digest, meaning) if digest else ""
        run, resumed = begin(self.recipe.kind, key, source.name, dry=options["dry_run"], restart=options["restart"])
        if resumed:
            self.stdout.write(f"Resuming after line {run.line:,}, where an import of this file was interrupted.")
        rejects = self._rejects(source, ready.header, options)
        if rejects is not None:
            rejects.begin(run.rejected)
        details = self._details(options)
        if details is not None:
            details.begin(run.details)
        terminal = bool(self.stderr.isatty())
        progress = Progress(source, getattr(self.stderr, "_out", sys.stderr), options["progress"] or terminal)
        before = run.rejected
        with politely() as stop, contextlib.ExitStack() as stack:
            stack.callback(progress.close)
            for file in (rejects, details):
                if file is not None:
                    stack.callback(file.close)
            importer = Importer(
                ready.recipe,
                run,
                rejects,
                details,
                progress,
                options["batch"],
                options["dry_run"],
                stop.asked,
                self._shown,
                self._shown_detail,
            )
            try:
                importer.go(ready.groups)
            except Stopped:
                stack.close()
                self._interrupted(run, options, stop.number)
        self._conclude(importer, options)
        if options["strict"] and run.rejected:
            raise CommandError(f"{run.rejected:,} lines were rejected ({run.rejected - before:,} by this run).")

    def prepare(self, source: Source, options: dict[str, Any]) -> Prepared:
        """Map the file's columns to fields before any row is imported. Raises `ImportProblem`."""
        if is_json(source, options["format"]):
            return self._prepare_json(source, options)
        table = Table(
            source, delimiter=options["delimiter"], encoding=options["encoding"], header=not options["no_header"]
        )
        records, known = iter(table), table.columns
        system = self._system(options, system_of_header(self.recipe.systems, known))
        recipe = self._recipe(system, options)
        find = columns.find_by_number if options["no_header"] else columns.find_in_header(known)
        found = self._resolve(known, find, options, system)
        if not options["no_header"]:
            found = replace(found, places={**found.places, **self.recipe.more_places(known)})
        header = known
        if options["no_header"]:
            records, header = numbered(records, found)
        self._check(found, known, recipe, options)
        recipe.found = found
        places = {place for place in found.places.values() if isinstance(place, int)}
        self._unused = [name for place, name in enumerate(known) if place not in places and name not in _OURS]
        if recipe.together:
            return Prepared(groups.together(records, found.reader(), recipe.together), header, recipe)
        return Prepared(groups.one_each(records, found.reader()), header, recipe)

    def _prepare_json(self, source: Source, options: dict[str, Any]) -> Prepared:
        adapted: dict[str, Any] = {}
        records, sample = sampled(self.recipe.adapt(json_records(source, self.recipe.kind), adapted))
        if self.recipe.kind == ImportRun.Kind.TICKETS.value:
            refuse_messages(sample)
        known, empty = columns.paths_of(sample)
        # our names first: the system's may be similar, such as customer.email
        known = list(dict.fromkeys([*adapted, *known]))
        system = self._system(options, system_of_objects(self.recipe.systems, sample))
        recipe = self._recipe(system, options)
        if system is None:
            found = self._resolve(known, columns.find_path([*known, *empty]), options, None)
        else:
            found = self._resolve(list(CONVERTED), columns.find_path([*CONVERTED, *known, *empty]), options, system)
        self._check(found, known, recipe, options)
        recipe.found = found
        used = {".".join(place) for place in found.places.values()} | (SHOP_KEYS | set(adapted) if adapted else set())
        entries = recipe.entries if system is None else system.entries
        self._unused = unused(known, used if system is None else used | system.uses) + unused_of_entries(
            sample, entries
        )
        read = found.reader()
        if system is None:
            return Prepared(groups.one_each(records, read), None, recipe)
        convert, agents = system.convert, agent_addresses()

        def read_converted(content: Any) -> dict[str, Any]:
            return read({**content, **convert(content, agents)})

        return Prepared(groups.one_each(records, read_converted), None, recipe)

    def _system(self, options: dict[str, Any], recognised: System | None) -> System | None:
        """The help desk that the file comes from: as given on the command line, else as recognised."""
        wanted = options["origin"]
        if wanted:
            return next((system for system in self.recipe.systems if system.name == wanted), None)
        if recognised is not None:
            self.stdout.write(f"This is read as an export of {recognised.label} (--from other reads it as it is).")
        return recognised

    def _recipe(self, system: System | None, options: dict[str, Any]) -> Recipe:
        given = columns.parse_values(options["values"])
        spellings = self.recipe.spellings(given, system.values if system else None)
        recipe = self.make_recipe(Reader(_conventions(options), spellings), options)
        recipe.system = system
        recipe.id_prefix = _id_prefix(options)
        return recipe

    def _resolve(self, known: list[str], find: Any, options: dict[str, Any], system: System | None) -> columns.Columns:
        mapped = columns.parse_pairs(options["map"], "map")
        fixed = columns.parse_pairs(options["set"], "set")
        return columns.resolve(self.recipe.fields_of(system), known, mapped=mapped, fixed=fixed, find=find)

    def _check(self, found: columns.Columns, known: list[str], recipe: Recipe, options: dict[str, Any]) -> None:
        columns.demand(found, recipe.required, known)
        self.check_columns(found, options)

    def make_recipe(self, reader: Reader, options: dict[str, Any]) -> Recipe:
        return self.recipe(reader)

    def check_columns(self, found: columns.Columns, options: dict[str, Any]) -> None:
        """A subclass's own requirements on the columns. Raises `ImportProblem`."""

    def _rejects(self, source: Source, header: list[str] | None, options: dict[str, Any]) -> Rejects | None:
        path = options["rejects"]
        if options["dry_run"] and not path:
            return None
        if not path:
            name = "stdin" if options["file"] == STDIN else options["file"]
            path = f"{name}.rejected.{'jsonl' if header is None else 'csv'}"
        if options["file"] != STDIN and Path(path).resolve() == Path(options["file"]).resolve():
            raise ImportProblem("--rejects is the file that is imported.")
        return Rejects(Path(path), header)

    def _details(self, options: dict[str, Any]) -> Details | None:
        path = options["details"]
        if options["dry_run"] and not path:
            return None
        path = path or f"{'stdin' if options['file'] == STDIN else options['file']}.details.csv"
        if options["file"] != STDIN and Path(path).resolve() == Path(options["file"]).resolve():
            raise ImportProblem("--details is the file that is imported.")
        return Details(Path(path))

    def _shown(self, reject: Reject) -> None:
        self._told = getattr(self, "_told", 0) + 1
        if self._told <= SHOWN:
            self.stderr.write(f"line {reject[0].line:,}: {reject[1]}")
        elif self._told == SHOWN + 1:
            self.stderr.write("Further lines are only counted; --rejects PATH writes them all.")

    def _shown_detail(self, detail: Reject) -> None:
        self._details_told = getattr(self, "_details_told", 0) + 1
        if self._details_told <= SHOWN:
            self.stderr.write(f"line {detail[0].line:,}, left out: {detail[1]}")
        elif self._details_told == SHOWN + 1:
            self.stderr.write("Further details are only counted; --details PATH writes them all.")

    def _interrupted(self, run: ImportRun, options: dict[str, Any], number: int) -> None:
        if options["dry_run"]:
            self.stderr.write("Stopped; nothing was written.")
        elif options["file"] == STDIN:
            self.stderr.write(f"Stopped after line {run.line:,}, which is saved; start anew to import the rest.")
        else:
            self.stderr.write(f"Stopped after line {run.line:,}, which is saved. The same command goes on from there.")
        sys.exit(128 + number)

    def _conclude(self, importer: Importer, options: dict[str, Any]) -> None:
        rejects, details = importer.rejects, importer.details
        run, seconds = importer.run, importer.progress.seconds()
        would = "would be " if options["dry_run"] else ""
        self.stdout.write(
            f"{self.what}: {run.created:,} {would}created, {run.updated:,} {would}updated, {run.unchanged:,} unchanged, "
            f"{run.rejected:,} lines {would}rejected; "
            f"{importer.read:,} rows in {seconds:.1f} s, {importer.read / seconds:,.0f} rows/s."
        )
        if run.rejected and rejects is not None:
            self.stdout.write(f"The rejected lines are in {rejects.path}, each with its reason.")
        self._name_unused()
        for remark in importer.recipe.remarks():
            self.stdout.write(remark)
        if run.details:
            where = f"; {details.path} names each with its line" if details is not None else ""
            self.stdout.write(f"{run.details:,} details {would}left out of records that came in{where}.")
        if options["dry_run"]:
            self.stdout.write("Dry run: nothing was written.")

    def _name_unused(self) -> None:
        """Print the columns or keys that the import does not use, so that a missed field is noticed."""
        names = [" ".join(name.split())[:60] for name in getattr(self, "_unused", []) if name.strip()]
        if names:
            more = f" and {len(names) - SHOWN_KEYS:,} more" if len(names) > SHOWN_KEYS else ""
            self.stdout.write(
                f"Nothing of the file uses: {', '.join(names[:SHOWN_KEYS])}{more}; --map FIELD=NAME uses one."
            )


def _id_prefix(options: dict[str, Any]) -> str:
    """The text of `--id-prefix`. Raises `ImportProblem` if it cannot be the beginning of an id."""
    prefix: str = options["id_prefix"]
    if len(prefix) > MAX_PREFIX or not prefix.isprintable() or any(character.isspace() for character in prefix):
        raise ImportProblem(f"--id-prefix takes at most {MAX_PREFIX} characters without blanks, such as shop2-.")
    return prefix


def _conventions(options: dict[str, Any]) -> Conventions:
    try:
        zone = ZoneInfo(options["timezone"])
    except (ValueError, OSError, KeyError):
        raise ImportProblem(f"There is no time zone {options['timezone']}; one is Europe/Berlin.") from None
    region = options["region"].strip().upper()
    if region and region not in SUPPORTED_REGIONS:
        raise ImportProblem(f"--region takes a country's two letters, such as DE; {options['region'][:40]} is none.")
    return Conventions(zone, options["date_format"], options["decimal_comma"], region)
