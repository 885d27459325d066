"""The launcher with real servers and processes, each test with its own `var`.

The Procfile is a small one: the tests are about starting, watching and stopping, not about the served program.
"""

import contextlib
import fcntl
import os
import shutil
import signal
import socket
import subprocess
import sys
import termios
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from agents.tests.waiting import HANGS, eventually
from quimbi_crm.runtime import server_urls, valkey
from quimbi_crm.runtime.place import Place
from quimbi_crm.tests.programs import LAUNCHER, Program, program_folder


@pytest.fixture(scope="module")
def made_var() -> Iterator[Path]:
    """Create a `var` with a database once, for the tests to copy, because creating one is slow."""
    with program_folder() as program:
        code, said = program.run("true")
        assert code == 0, said
        yield program.var


@pytest.fixture
def empty() -> Iterator[Program]:
    with program_folder() as program:
        yield program


@pytest.fixture
def program(made_var: Path) -> Iterator[Program]:
    with program_folder() as program:
        # Ownership counts: as root the database belongs to another user.
        subprocess.run(["cp", "-a", made_var, program.var], check=True)  # noqa: S603, S607
        yield program


def connect(program: Program) -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(server_urls.database_url(program.var), autocommit=True)


def count(program: Program) -> object:
    code, said = program.run(sys.executable, "-c", COUNT)
    assert code == 0, said
    return int(said.split()[-1])


COUNT = """
import os, psycopg
print(psycopg.connect(os.environ["DATABASE_URL"]).execute("select count(*) from kept").fetchone()[0])
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_launcher_shuts_down_cleanly_on_a_signal(program: Program, number: signal.Signals) -> None:
    launcher = program.serve()
    assert "postgres" in program.find("postgres -D").name()
    launcher.send_signal(number)
    assert launcher.wait(HANGS) == 128 + number
    assert program.gone()
    assert "database system is shut down" in (program.var / "postgres.log").read_text()
    assert "Traceback" not in program.said(launcher)


def test_second_launcher_is_refused_while_the_first_runs(program: Program) -> None:
    launcher = program.serve()
    said = program.refused("server", "--bare", "--procfile", str(program.folder / "Procfile"))
    assert f"process {launcher.pid}" in said
    assert f"http://localhost:{program.port}" in said
    assert connect(program).execute("select 1").fetchone() == (1,)
    assert launcher.poll() is None


def test_run_uses_running_servers_and_keeps_them(program: Program) -> None:
    program.serve()
    pid = program.find("postgres -D").pid
    code, said = program.run("sh", "-c", "echo $DATABASE_URL; exit 7")
    assert (code, said.strip()) == (7, server_urls.database_url(program.var))
    assert program.find("postgres -D").pid == pid


def test_run_reports_a_missing_command(program: Program) -> None:
    code, said = program.run("no-such-command")
    assert (code, said.strip()) == (127, "no-such-command: no such command.")
    assert program.gone()


def test_concurrent_run_commands_share_the_servers(program: Program) -> None:
    """The first command does not stop the servers while the second still uses them."""
    commands = []
    for number in ("1", "2"):
        go = program.folder / f"go{number}"
        commands.append(program.launch("run", sys.executable, "-c", QUERY_WHEN_TOLD, str(go)))
        eventually(lambda: "waiting" in program.said(commands[-1]))
    (program.folder / "go1").touch()
    eventually(lambda: "Another script/run" in program.said(commands[0]))
    (program.folder / "go2").touch()
    assert [one.wait(HANGS) for one in commands] == [0, 0]
    assert program.gone()


QUERY_WHEN_TOLD = """
import os, sys, time, psycopg
print("waiting", flush=True)
while not os.path.exists(sys.argv[1]):
    time.sleep(0.05)
psycopg.connect(os.environ["DATABASE_URL"])
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells children of their parent's death")
@pytest.mark.parametrize("victims", [["launcher"], ["runtime.processes"], ["launcher", "runtime.processes"]])
def test_sigkill_leaves_no_process_behind_and_loses_no_committed_row(program: Program, victims: list[str]) -> None:
    launcher = program.serve()
    with connect(program) as connection:
        connection.execute("create table kept (id int)")
        connection.execute("insert into kept values (1), (2)")
        # Found first: the second one dies of the first one's death.
        for process in [program.find(victim) for victim in victims]:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
    assert launcher.wait(HANGS) != 0
    eventually(program.gone)
    assert count(program) == 2


@pytest.mark.parametrize(
    ("victim", "name"),
    [
        ("postgres -D", "PostgreSQL"),
        ("http.server", "honcho"),
        ("sleep", "honcho"),
    ],
)
def test_launcher_stops_and_names_the_process_that_ended(program: Program, victim: str, name: str) -> None:
    launcher = program.serve()
    program.find(victim).kill()
    assert launcher.wait(HANGS) == 1
    assert name in program.said(launcher).strip().splitlines()[-1]
    assert program.gone()


def test_killed_valkey_is_restarted_while_the_program_goes_on(program: Program) -> None:
    launcher = program.serve()
    before = program.find("valkey-server")
    before.kill()
    eventually(lambda: valkey.answers(Place(program.var)))
    assert launcher.poll() is None and program.find("valkey-server").pid != before.pid
    launcher.terminate()
    assert launcher.wait(HANGS) == 128 + signal.SIGTERM
    eventually(program.gone)
    assert "it is started again" in program.said(launcher)


def test_launcher_stops_when_honchos_reader_process_is_killed(program: Program) -> None:
    launcher = program.serve()
    reader = program.find("runtime.processes").children()[0]
    reader.kill()
    assert launcher.wait(HANGS) == 1
    assert program.gone()


def test_launcher_stops_when_its_terminal_is_closed(program: Program) -> None:
    """The terminal is also the launcher's output."""
    terminal, ours = os.openpty()
    launcher = subprocess.Popen(  # noqa: S603
        [*LAUNCHER, "server", "--bare", "--procfile", str(program.folder / "Procfile")],
        env=program.env,
        stdin=ours,
        stdout=ours,
        stderr=ours,
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
    )
    os.close(ours)
    said = b""
    while b"runs at" not in said:
        said += os.read(terminal, 4096)
    os.close(terminal)
    assert launcher.wait(HANGS) == 128 + signal.SIGHUP
    eventually(program.gone)


def test_launcher_starts_right_after_the_previous_launcher_got_sigkill(program: Program) -> None:
    program.serve().kill()
    assert program.serve().poll() is None


def test_stale_pid_lock_and_socket_files_do_not_prevent_a_start(program: Program) -> None:
    """As after a power cut and a reboot: stale sockets, and a pid that another program has now."""
    other = os.getpid()
    pid_file = program.var / "postgres" / "postmaster.pid"
    pid_file.write_text(f"{other}\n{program.var}/postgres\n1\n5432\n{program.var}/run\n\n  1  1\nready\n")
    shutil.copystat(program.var / "postgres" / "PG_VERSION", pid_file)
    owner = (program.var / "postgres").stat()
    os.chown(pid_file, owner.st_uid, owner.st_gid)
    (program.var / "lock").write_text("999999 http://localhost:1\n")
    for name in (".s.PGSQL.5432", "s"):
        with socket.socket(socket.AF_UNIX) as dead:
            dead.bind(str(program.var / "run" / name))
    (program.var / "run" / ".s.PGSQL.5432.lock").write_text(f"{other}\n")
    assert program.run("true")[0] == 0


def test_half_made_database_of_an_interrupted_first_start_is_replaced(empty: Program) -> None:
    half = empty.var / "postgres.new" / "base"
    half.mkdir(parents=True)
    (half / "half").write_text("made")
    code, said = empty.run("true")
    assert code == 0, said
    assert not (empty.var / "postgres.new").exists()
    assert (empty.var / "postgres" / "PG_VERSION").exists()


def test_short_private_socket_folder_is_used_if_path_is_too_long(made_var: Path) -> None:
    with program_folder() as program:
        program.var = program.folder / ("long" * 25) / "var"
        program.var.parent.mkdir()
        subprocess.run(["cp", "-a", made_var, program.var], check=True)  # noqa: S603, S607
        short = server_urls.sockets(program.var).parent
        try:
            code, said = program.run(sys.executable, "-c", "import os; print(os.environ['DATABASE_URL'])")
            assert (code, said.strip()) == (0, server_urls.database_url(program.var))
            assert len(str(server_urls.postgres_socket(program.var))) < 104
            assert short.stat().st_mode & 0o022 == 0
        finally:
            shutil.rmtree(short, ignore_errors=True)


def test_socket_folder_that_others_can_write_is_refused(empty: Program) -> None:
    """Any user can create the folder in /tmp first, and would then control the sockets in it."""
    empty.var = empty.folder / ("long" * 25) / "var"
    short = server_urls.sockets(empty.var).parent
    short.mkdir()
    try:
        short.chmod(0o777)
        assert "isn't a private folder of yours" in empty.refused("run", "true")
    finally:
        short.rmdir()


def test_port_in_use_is_reported_before_servers_start(program: Program) -> None:
    with socket.create_server(("127.0.0.1", program.port)):
        said = program.refused("server", "--bare", "--procfile", str(program.folder / "Procfile"))
    assert f"Port {program.port} is in use" in said
    assert f"PORT={program.port + 1}" in said
    assert "starting PostgreSQL" not in (program.var / "postgres.log").read_text().split("shut down\n")[-1]


def test_invalid_port_is_reported(program: Program) -> None:
    program.port = 70000
    assert "PORT is '70000'" in program.refused("server", "--bare")


def test_data_of_another_postgres_major_is_reported_and_kept(program: Program) -> None:
    version = program.var / "postgres" / "PG_VERSION"
    version.write_text("99\n")
    said = program.refused("run", "true")
    assert "made by PostgreSQL 99" in said
    assert "install PostgreSQL 99" in said
    assert version.read_text() == "99\n"


def test_unwritable_var_is_reported(empty: Program) -> None:
    (empty.folder / "file").write_text("")
    empty.var = empty.folder / "file" / "var"
    assert str(empty.folder / "file") in empty.refused("run", "true")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's servers run as another user")
def test_private_folder_of_root_is_reported_with_a_hint_to_set_quimbi_var(empty: Program) -> None:
    empty.folder.chmod(0o700)
    assert "set QUIMBI_VAR" in empty.refused("run", "true")
