"""Refuse Python files and functions that are too long, and too long lines of HTML, CSS and JS; name the largest."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FILE_LIMIT = 500  # lines
FUNCTION_LIMIT = 70  # lines, including `def`
LINE_LIMIT = 140  # columns of HTML, CSS and JavaScript; ruff checks Python
SKIPPED = {".venv", "var", "migrations", "node_modules"}


def main() -> int:
    files: list[tuple[int, str]] = []
    functions: list[tuple[int, str]] = []
    for path in _files("*.py"):
        text = path.read_text(encoding="utf-8")
        name = str(path.relative_to(ROOT))
        files.append((len(text.splitlines()), name))
        functions.extend((lines, f"{name}: {function}") for function, lines in _functions(text))
    for kind, found in (("file", files), ("function", functions)):
        lines, name = max(found, default=(0, "none"))
        sys.stdout.write(f"Largest {kind}: {name} ({lines} lines)\n")
    large = [one for one in files if one[0] > FILE_LIMIT] + [one for one in functions if one[0] > FUNCTION_LIMIT]
    for lines, name in large:
        sys.stdout.write(f"Too large: {name} ({lines} lines)\n")
    long = list(_long_lines())
    for columns, name in long:
        sys.stdout.write(f"Line too long: {name} ({columns} columns)\n")
    return 1 if large or long else 0


def _files(*patterns: str) -> Iterator[Path]:
    """The files that git tracks or would add; without git, all files below the checkout."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", *patterns]
    try:
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        paths = {ROOT / name for name in listed.stdout.split("\0") if name}
    except (OSError, subprocess.CalledProcessError):
        paths = {path for pattern in patterns for path in ROOT.rglob(pattern)}
    for path in sorted(paths):
        if path.is_file() and not SKIPPED & set(path.relative_to(ROOT).parts):
            yield path


def _long_lines() -> Iterator[tuple[int, str]]:
    for path in _files("*.html", "*.css", "*.js"):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            if len(line) > LINE_LIMIT:
                yield len(line), f"{path.relative_to(ROOT)}:{number}"


def _functions(text: str) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, (node.end_lineno or node.lineno) - node.lineno + 1


if __name__ == "__main__":
    sys.exit(main())
