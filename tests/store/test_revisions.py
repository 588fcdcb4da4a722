"""Coming up from an earlier revision, and refusing a later one."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from gradatim.core.errors import StateError
from gradatim.store import NewAttempt, Store, revisions
from gradatim.store.schema import metadata

NEXT = """
import sqlalchemy as sa
from alembic import op

revision = "9999"
down_revision = "{last}"

def upgrade():
    with op.batch_alter_table("attempt", recreate="always") as batch:
        batch.add_column(sa.Column("mood", sa.Text, server_default="calm"))
    {more}
"""


def _with_next(folder: Path, more: str = "pass") -> Path:
    """Our migrations and one that is yet to come, which copies the largest table."""
    shutil.copytree(revisions.MIGRATIONS, folder, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "versions" / "r9999_mood.py").write_text(NEXT.format(more=more, last=revisions.known()[-1]))
    return folder


def _tables(path: Path) -> dict[str, str]:
    with closing(sqlite3.connect(path)) as db:
        rows = db.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
    return {name: " ".join(sql.split()) for name, sql in rows if "alembic" not in name}


def test_the_migrations_lead_to_the_schema(store: Store, tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'plain.db'}")
    metadata.create_all(engine)
    engine.dispose()
    assert _tables(store.path) == _tables(tmp_path / "plain.db")


def test_file_names_and_revisions_agree() -> None:
    script = ScriptDirectory(str(revisions.MIGRATIONS))
    steps = list(script.walk_revisions())  # raises if there are two heads
    assert [s.revision for s in reversed(steps)] == revisions.known()


def test_an_older_database_is_backed_up_and_brought_up(home: Path, tmp_path: Path) -> None:
    with Store(home) as store:
        parent = store.create_attempt(NewAttempt(lab_id="l", lab_version="1", lab_digest="d", seed=3))
        new = NewAttempt(
            lab_id="l",
            lab_version="1",
            lab_digest="d",
            seed=4,
            parent_id=parent.id,
            actions=[(1.0, {"kind": "a"})],
        )
        child = store.create_attempt(new)
        store.set_note(child.id, "kept")
        assert store.backup is None
    migrations = _with_next(tmp_path / "migrations")
    with Store(home, migrations=migrations) as store:
        store.check()
        with closing(sqlite3.connect(store.path)) as db:
            assert db.execute("SELECT DISTINCT mood FROM attempt").fetchall() == [("calm",)]
        assert [a.action for a in store.actions(child.id)] == [{"kind": "a"}]
        assert store.get_note(child.id) == "kept"
        with store.writing() as conn:  # the pragma of the migration has not stayed
            assert conn.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
        backup = store.backup
    assert backup is not None
    assert backup.parent == home / "backups"
    assert backup.stat().st_mode & 0o077 == 0
    assert revisions.inspect(backup) == revisions.known()[-1]
    old = tmp_path / "old home"
    old.mkdir()
    shutil.copy(backup, old / "gradatim.db")
    with Store(old) as store:  # the backup is a database that works
        assert store.get_note(child.id) == "kept"
    with Store(home, migrations=migrations) as store:  # and once is enough
        assert store.backup is None


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ("raise RuntimeError('half way')", RuntimeError),
        ("op.execute('UPDATE note SET attempt_id = 9')", StateError),
    ],
)
def test_a_migration_that_fails_changes_nothing(
    more: str, expected: type[Exception], home: Path, tmp_path: Path
) -> None:
    with Store(home) as store:
        attempt = store.create_attempt(NewAttempt(lab_id="l", lab_version="1", lab_digest="d", seed=3))
        store.set_note(attempt.id, "kept")
    before = _tables(home / "gradatim.db")
    with pytest.raises(expected):
        Store(home, migrations=_with_next(tmp_path / "migrations", more))
    assert _tables(home / "gradatim.db") == before
    with Store(home) as store:
        assert store.get_attempt(attempt.id) == attempt
        assert store.get_note(attempt.id) == "kept"


def test_a_database_from_a_newer_version_is_left_alone(home: Path, tmp_path: Path) -> None:
    Store(home, migrations=_with_next(tmp_path / "migrations")).close()
    path = home / "gradatim.db"
    before = path.read_bytes()
    with pytest.raises(StateError, match="newer") as error:
        Store(home)
    assert error.value.where == str(path)
    assert "9999" in error.value.why
    assert path.read_bytes() == before
    assert not (home / "backups").exists()


def test_opening_again_needs_no_alembic(store: Store) -> None:
    import subprocess
    import sys

    code = (
        "import sys; from pathlib import Path; from gradatim.store import Store\n"
        "Store(Path(sys.argv[1])).list_attempts(); print('alembic' in sys.modules)"
    )
    run = subprocess.run(
        [sys.executable, "-c", code, str(store.home)], capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == "False"
