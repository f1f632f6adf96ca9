"""Takes changed files into force while the daemon runs: never half, never with an error, and not lost for a store that is away."""

import asyncio
import contextlib
from collections.abc import Mapping
from pathlib import Path

import structlog

from engine.errors import InvalidDefinitionError, StoreError
from engine.processors.processor import ProcessorMaker
from engine.run.hub import Hub
from engine.run.load import Serving
from engine.run.runtime import Runtime
from engine.serve.place import Place, read_files, say_problems

log = structlog.get_logger()

#: How often files are looked at for a change, and a store that takes no writes is tried again.
_WATCH_SECONDS = 1.0


class Reloading:
    """Reads the files of one daemon again when they change, or when somebody asks for it."""

    def __init__(
        self, place: Place, makers: Mapping[str, ProcessorMaker], environ: Mapping[str, str], runtime: Runtime
    ) -> None:
        """Take what to read and for whom. What is there now is taken for what is in force."""
        self._place = place
        self._makers = makers
        self._environ = environ
        self._runtime = runtime
        self._stamp = self._stamps()
        self._under_way: asyncio.Task[None] | None = None
        self._again = False

    async def watch(self) -> None:
        """Look for changes until cancelled."""
        while True:
            await asyncio.sleep(_WATCH_SECONDS)
            stamp = self._stamps()
            if stamp != self._stamp:
                # A file that is being written is read one round later, when it rests.
                await asyncio.sleep(_WATCH_SECONDS / 4)
                if stamp == self._stamps():
                    self._stamp = stamp
                    self.soon(asked=False)

    def soon(self, *, asked: bool) -> None:
        """Read the files again; once more after a reading that is under way. `asked` says that somebody did, by a signal."""
        self._again = self._under_way is not None and not self._under_way.done()
        if not self._again:
            self._under_way = asyncio.get_running_loop().create_task(self._until_done(asked=asked))

    def stop(self) -> None:
        """Give up what is under way: the next start reads the files."""
        if self._under_way is not None:
            self._under_way.cancel()

    def _stamps(self) -> dict[Path, tuple[int, int]]:
        """What says that a file was changed: its time and size."""
        found: dict[Path, tuple[int, int]] = {}
        for path in (self._place.workers, *self._place.machines.rglob("*.hcl")):
            with contextlib.suppress(OSError):
                status = path.stat()
                found[path] = (status.st_mtime_ns, status.st_size)
        return found

    async def _until_done(self, *, asked: bool) -> None:
        """Reload, and once more if that was asked for meanwhile; never die silently."""
        while True:
            self._again = False
            try:
                await self._reload(asked=asked)
            except Exception:
                log.exception(
                    "definitions.kept", because="reading the files failed; the old definitions stay in force"
                )
            if not self._again:
                return

    async def _reload(self, *, asked: bool) -> None:
        """Read the files again; with any error among them, keep what is in force."""
        loaded = await asyncio.to_thread(read_files, self._place, self._makers, self._environ)
        say_problems(loaded)
        try:
            serving, hub = loaded.usable()
        except InvalidDefinitionError:
            because = "the new files have errors; the old definitions stay in force"
            log.error("definitions.kept", because=because)  # noqa: TRY400  a user's mistake has no traceback
            if loaded.hub is not None:
                await loaded.hub.close()
            return
        if await self._in_force(serving, hub):
            by = "signal" if asked else "file change"
            log.info("definitions.reloaded", by=by, projects=sorted(serving.provisioners))
        else:
            await hub.close()

    async def _in_force(self, serving: Serving, hub: Hub) -> bool:
        """Decide with these as soon as the store can keep them; False if the files changed again before."""
        told = False
        while not self._again:
            try:
                await self._runtime.replace(serving, hub)
            except StoreError as error:
                if not told:
                    because = f"{error}; the old definitions stay in force until the store takes the new ones"
                    log.warning("definitions.waiting", because=because)
                    told = True
                await asyncio.sleep(_WATCH_SECONDS)
            else:
                return True
        return False
