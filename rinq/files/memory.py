"""Files in memory, for virtual time: unlike a disk, they are never full and never fail."""

from __future__ import annotations

import hashlib
from pathlib import Path

from rinq.files.store import RESULTS, EntryKind, Store


class MemoryStore(Store):
    """Regular files by name, gone with the object."""

    def __init__(self) -> None:
        self.folder = Path("memory")
        self._files: dict[str, bytes] = {}
        self._groups: dict[str, set[str]] = {}  # an index: finds a job's few among many

    def check(self) -> None:
        """Memory is always there."""

    def kind(self, entry: str) -> EntryKind | None:
        if entry not in self._files:
            return None
        return EntryKind.REGULAR if self._files[entry] else EntryKind.EMPTY

    def read(self, entry: str) -> bytes:
        if entry not in self._files:
            raise FileNotFoundError(entry)
        return self._files[entry]

    def checksum(self, entry: str) -> str:
        return hashlib.sha256(self.read(entry)).hexdigest()

    def write(self, entry: str, content: bytes, *, new: bool) -> None:
        if new and entry in self._files:
            raise FileExistsError(entry)
        self._files[entry] = content
        self._groups.setdefault(_group(entry), set()).add(entry)

    def move(self, entry: str, target: str) -> None:
        content = self.read(entry)
        self.delete(entry)
        self.write(target, content, new=False)

    def delete(self, entry: str) -> None:
        if self._files.pop(entry, None) is not None:
            group = _group(entry)
            self._groups[group].discard(entry)
            if not self._groups[group]:
                del self._groups[group]

    def names(self, ending: str = "") -> list[str]:
        groups = (_group(ending),) if ending else (g for g in self._groups if g[:1] != "/")
        return sorted(name for g in groups for name in self._groups.get(g, ()))

    def results(self, job: str = "") -> list[str]:
        groups = (f"/{job}",) if job else (g for g in self._groups if g[:1] == "/")
        found = (entry for g in groups for entry in self._groups.get(g, ()))
        return sorted(entry.removeprefix(RESULTS) for entry in found)


def _group(entry: str) -> str:
    """``/job`` for a result, else the name's ending."""
    if entry.startswith(RESULTS):
        return "/" + entry.removeprefix(RESULTS).rpartition(".")[0]
    return entry[entry.rfind(".") :] if "." in entry else ""
