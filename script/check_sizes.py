"""Fails where a Python file or a function outgrew what one can keep in mind; names the largest of both."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FILE_LIMIT = 500  # Lines.
FUNCTION_LIMIT = 70  # Lines, from `def` to its end.
SKIPPED = {".venv", "var", "migrations", "node_modules"}


def main() -> int:
    files: list[tuple[int, str]] = []
    functions: list[tuple[int, str]] = []
    for path in _python_files():
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
    return 1 if large else 0


def _python_files() -> Iterator[Path]:
    """What git knows or would add; all below the checkout where there is no git."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "*.py"]
    try:
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S603
        paths = {ROOT / name for name in listed.stdout.split("\0") if name}
    except (OSError, subprocess.CalledProcessError):
        paths = set(ROOT.rglob("*.py"))
    for path in sorted(paths):
        if path.is_file() and not SKIPPED & set(path.relative_to(ROOT).parts):
            yield path


def _functions(text: str) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, (node.end_lineno or node.lineno) - node.lineno + 1


if __name__ == "__main__":
    sys.exit(main())
