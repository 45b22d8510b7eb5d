"""Files in memory, for virtual time: what no disk does, such as failing, they do not do."""

from __future__ import annotations

from pathlib import Path

from rinq.files.store import RESULTS, Kind, Store


class MemoryStore(Store):
    """Regular files by name, gone with the object."""

    def __init__(self) -> None:
        self.folder = Path("memory")
        self._files: dict[str, bytes] = {}
        self._results: dict[str, set[str]] = {}  # job -> names of its results

    def kind(self, entry: str) -> Kind | None:
        return Kind.REGULAR if entry in self._files else None

    def read(self, entry: str) -> bytes:
        if entry not in self._files:
            raise FileNotFoundError(entry)
        return self._files[entry]

    def write(self, entry: str, content: bytes, *, new: bool) -> None:
        if new and entry in self._files:
            raise FileExistsError(entry)
        self._files[entry] = content
        job, result = _split(entry)
        if result:
            self._results.setdefault(job, set()).add(result)

    def move(self, entry: str, target: str) -> None:
        content = self.read(entry)
        self.delete(entry)
        self.write(target, content, new=False)

    def delete(self, entry: str) -> None:
        if self._files.pop(entry, None) is None:
            return
        job, result = _split(entry)
        if result:
            self._results[job].discard(result)
            if not self._results[job]:
                del self._results[job]

    def names(self) -> list[str]:
        return sorted(name for name in self._files if not name.startswith(RESULTS))

    def results(self, job: str = "") -> list[str]:
        if job:
            return sorted(self._results.get(job, ()))
        return sorted(name for names in self._results.values() for name in names)


def _split(entry: str) -> tuple[str, str]:
    """The job and the name of a result; two empty strings for another entry."""
    if not entry.startswith(RESULTS):
        return "", ""
    name = entry.removeprefix(RESULTS)
    return name.rpartition(".")[0], name
