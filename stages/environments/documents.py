"""A small library that is searched in full text (SQLite's FTS5, ranked by BM25)."""

import re
import sqlite3
from typing import Any

from stages.environments.state import state_of

FOUND = 3  # documents that one search shows
SENTENCE = re.compile(r".+?[.!?](?=\s|$)|.+", re.DOTALL)


class Documents:
    """environment_state: {"documents": [{"title": ..., "text": ...}]}. A search gives titles with first sentences."""

    def reset(self, **row: Any) -> None:
        """Files the row's documents. Raises ValueError where there are none."""
        documents = state_of(row).get("documents")
        if not isinstance(documents, list) or not documents:
            raise ValueError("environment_state has no documents")
        try:
            filed = [(str(one["title"]).strip(), str(one["text"])) for one in documents]
        except (KeyError, TypeError) as error:
            raise ValueError("environment_state has a document without title or text") from error
        self._texts = {title.casefold(): text for title, text in filed}
        self._base = sqlite3.connect(":memory:", check_same_thread=False)  # each call has a thread of its own
        self._base.execute("CREATE VIRTUAL TABLE document USING fts5(title, text, tokenize='porter')")
        self._base.executemany("INSERT INTO document VALUES (?, ?)", filed)

    def search(self, query: str) -> str:
        """Finds documents.

        Args:
            query: words to look for
        """
        words = re.findall(r"\w+", query)
        if not words:
            raise ValueError("the query has no words")
        rows = self._base.execute(
            "SELECT title, text FROM document WHERE document MATCH ? ORDER BY bm25(document, 4.0, 1.0) LIMIT ?",
            (" OR ".join(f'"{word}"' for word in words), FOUND),
        ).fetchall()
        return "\n".join(f"{title}: {first_sentence(text)}" for title, text in rows) or "nothing found"

    def read(self, title: str) -> str:
        """Gives a whole document.

        Args:
            title: of the document
        """
        try:
            return self._texts[title.strip().casefold()]
        except KeyError:
            raise ValueError(f"no document {title}") from None


def first_sentence(text: str) -> str:
    """Up to the first full stop, question or exclamation mark that a space follows."""
    found = SENTENCE.match(text.strip())
    return " ".join(found[0].split()) if found else ""
