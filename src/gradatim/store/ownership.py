"""The learner owns the store: everything can be taken out, and everything can be deleted."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

from sqlalchemy import delete, func, select

from gradatim.core.errors import StateError

from . import revisions
from .database import Database
from .failures import explained, files_explained
from .schema import metadata


class Ownership(Database):
    """Export and deletion."""

    def export_all(self, path: Path) -> dict[str, int]:
        """Write every row of every table as JSON Lines: `{"table": …, "row": {…}}`, parents first.

        The first line names the format. The file is whole or not there, and only its owner can read it.

        Returns:
            Rows written, by table.

        Raises:
            StateError: `path` exists, or cannot be written.
        """
        path = Path(path).absolute()
        if path.exists():
            raise StateError("the export would write over a file", where=str(path), next="give another name")
        part = path.with_name(path.name + ".part")
        counts: dict[str, int] = {}
        with files_explained(path):
            fd = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            try:
                with os.fdopen(fd, "w", encoding="utf-8") as file, self.reading() as conn:
                    file.write(_line({"format": "gradatim-export", "revision": revisions.known()[-1]}))
                    for table in metadata.sorted_tables:
                        counts[table.name] = 0
                        for row in conn.execute(select(table).order_by(*table.primary_key)):
                            file.write(_line({"table": table.name, "row": dict(row._mapping)}))
                            counts[table.name] += 1
                    file.flush()
                    os.fsync(file.fileno())
                part.rename(path)
            finally:
                part.unlink(missing_ok=True)
        return counts

    def delete_all(self) -> dict[str, int]:
        """Delete every row and every backup for good; the database stays, empty.

        Returns:
            Rows deleted, by table.

        Raises:
            StateError: another process keeps the database busy. The rows are gone then, all of them or
                none; run it again to shrink the file.
        """
        counts: dict[str, int] = {}
        with self.writing() as conn:
            for table in reversed(metadata.sorted_tables):
                counts[table.name] = conn.execute(select(func.count()).select_from(table)).scalar_one()
                conn.execute(delete(table))
        if (self.home / "backups").is_dir():
            shutil.rmtree(self.home / "backups")
        with explained(self.path), self._engine.connect() as conn:
            raw = conn.connection.dbapi_connection
            assert raw is not None
            # Outside a transaction: the pages of deleted rows leave the file, then the write-ahead log.
            raw.execute("VACUUM")
            raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return counts


def _line(value: object) -> str:
    return json.dumps(value, ensure_ascii=False) + "\n"
