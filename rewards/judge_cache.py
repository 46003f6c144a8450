"""Replies of judges in one SQLite file, so that no pair is asked twice, in this run or the next.

A reply is stored as soon as it is there, in a transaction of its own: a kill loses none, and several processes may
use one file. It is found by the hash of the judge's name and settings and of the whole prompt, so another judge,
template, question, reference or response asks anew. Replies are kept as text: they are read again when they are used.
"""

import json
import sqlite3
from collections.abc import Generator, Sequence
from contextlib import closing, contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

from rewards.judge_prompt import Reply
from rewards.loader import RewardError

BUSY_S = 60.0  # how long to wait while another process writes
TABLE = "CREATE TABLE IF NOT EXISTS replies (key TEXT PRIMARY KEY, text TEXT NOT NULL, finished INTEGER NOT NULL)"


def key_of(identity: Any, prompt: str) -> str:
    """The key of one pair; `identity` is what tells judges apart, as JSON."""
    return sha256(json.dumps([identity, prompt], sort_keys=True).encode()).hexdigest()


@contextmanager
def opened(path: str | None) -> Generator[sqlite3.Connection]:
    """The file at `path`, made where it is not there; None is a cache that ends with the connection. Raises
    RewardError."""
    try:
        if path:
            Path(path).parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(path or ":memory:", timeout=BUSY_S, isolation_level=None)
    except (sqlite3.Error, OSError) as error:
        raise _unusable(path, error) from error
    with closing(connection):
        try:
            connection.execute(TABLE)
            yield connection
        except sqlite3.Error as error:
            raise _unusable(path, error) from error


def _unusable(path: str | None, error: Exception) -> RewardError:
    return RewardError(f"the judge's cache {path}: {error}: mend it, delete it or name another file")


def find(connection: sqlite3.Connection, keys: Sequence[str]) -> dict[str, Reply]:
    """The replies that are there, by key."""
    found = {}
    for key in keys:
        row = connection.execute("SELECT text, finished FROM replies WHERE key = ?", [key]).fetchone()
        if row:
            found[key] = Reply(row[0], bool(row[1]))
    return found


def keep(connection: sqlite3.Connection, key: str, reply: Reply) -> None:
    """Stores a reply; the first one of a key stays."""
    text = reply.text.encode(errors="replace").decode()
    connection.execute("INSERT OR IGNORE INTO replies VALUES (?, ?, ?)", [key, text, reply.finished])
