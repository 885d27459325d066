"""Makes .venv and installs a requirements file into it, when either is missing or changed; for script/setup.

It runs with any Python 3.11 or newer and nothing else installed.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"


def main(name: str) -> int:
    """Install what is missing; returns 0 if everything is there."""
    marker = VENV / f".installed-{name}"
    wanted = _fingerprint(name)
    if _read(marker) == wanted:
        return 0
    with Path(__file__).open() as lock:  # not .venv, which may be recreated
        if not _try_lock(lock.fileno()):
            say("Another script is installing already; waiting for it.")
            fcntl.flock(lock, fcntl.LOCK_EX)
        if _read(marker) == wanted:
            return 0
        marker.unlink(missing_ok=True)  # so that an interrupted installation is repeated
        if not _make_venv() or not _install(name):
            return 1
        _importable()
        marker.write_text(_fingerprint(name))
    return 0


def say(text: str) -> None:
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def _fingerprint(name: str) -> str:
    """Changes with the file, the files it includes, the checkout's path and the Python of .venv."""
    digest = hashlib.sha256(os.fsencode(ROOT))
    for file in _files(ROOT / name):
        digest.update(file.read_bytes())
    digest.update(_read(VENV / "pyvenv.cfg").encode())
    return digest.hexdigest()


def _files(file: Path) -> Iterator[Path]:
    yield file
    for line in file.read_text().splitlines():
        if line.startswith("-r "):
            yield from _files(file.parent / line[3:].strip())


def _read(file: Path) -> str:
    try:
        return file.read_text()
    except OSError:
        return ""


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _make_venv() -> bool:
    """Create .venv, again if it is incomplete or was moved; False if this Python cannot."""
    if str(VENV) in _read(VENV / "bin" / "pip") and _works([str(PYTHON), "-m", "pip", "--version"]):
        return True
    python = _base_python()
    if not _works([python, "-c", "import venv, ensurepip"]):
        version = f"{sys.version_info[0]}.{sys.version_info[1]}"
        say(
            f"This Python {version} can't make virtual environments: install its venv package "
            f"(on Debian or Ubuntu: apt-get install python{version}-venv) and start again."
        )
        return False
    say(f"Making {VENV} …")
    shutil.rmtree(VENV, ignore_errors=True)
    return subprocess.run([python, "-m", "venv", str(VENV)], check=False).returncode == 0


def _base_python() -> str:
    """The Python outside of .venv, because the running one may be about to be replaced."""
    if sys.prefix == sys.base_prefix:
        return sys.executable
    return str(Path(sys.base_prefix) / "bin" / f"python{sys.version_info[0]}.{sys.version_info[1]}")


def _install(name: str) -> bool:
    say(f"Installing {name} …")
    total = sum("==" in line for file in _files(ROOT / name) for line in file.read_text().splitlines())
    command = [str(PYTHON), "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
    command += ["-r", str(ROOT / name)]
    pip = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    done = 0
    for line in pip.stdout or ():
        if line.startswith("Collecting "):
            done += 1
            _progress(f"  {done} of about {total}: {line.split()[1]}")
        elif line.startswith("Installing collected"):
            _progress("  unpacking\n" if sys.stderr.isatty() else "  unpacking")
    if pip.wait():
        say(f"Installing {name} failed (see above); start again when that is solved.")
        return False
    return True


def _progress(text: str) -> None:
    """One line that is updated on a terminal; separate lines elsewhere."""
    sys.stderr.write(f"\r\x1b[K{text}" if sys.stderr.isatty() else f"{text}\n")
    sys.stderr.flush()


def _works(command: list[str]) -> bool:
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def _importable() -> None:
    """Let every command in .venv import the program, whatever folder it starts in."""
    for folder in (VENV / "lib").glob("python*/site-packages"):
        (folder / "quimbi_checkout.pth").write_text(f"{ROOT}\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
