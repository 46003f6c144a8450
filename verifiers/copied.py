"""Is a response only what it was given? Runs of words that also stand in a source, in any script and linear time."""

from verifiers.instructions import text as of

RUN = 4  # words in a row that are no coincidence
OWN_SHARE = 0.2  # of a response's words; a copy adds a few, such as a postscript
COVERED = 0.8  # of the source's words; a quoted sentence is no copy
FEWEST = 3  # words of a source: "Say hello" is in many a good response


def words(text: str) -> list[str]:
    """Words without case; every Chinese or Japanese character is one."""
    return of.tokens(text.casefold())


def is_copy(response: str, source: str) -> bool:
    """Whether the response is the source, once or many times, with hardly a word of its own."""
    said, given = words(response), words(source)
    if len(given) < FEWEST or not said:
        return False
    return share(said, given) >= 1 - OWN_SHARE and share(given, said) >= COVERED


def share(said: list[str], given: list[str], run: int = RUN) -> float:
    """Which share of the words `said` stands in runs of `run` words that `given` has too; 0.0 for no words."""
    size = min(run, len(said), len(given))
    if not size:
        return 0.0
    known = {tuple(given[at : at + size]) for at in range(len(given) - size + 1)}
    covered, end = 0, 0  # words before `end` are counted
    for at in range(len(said) - size + 1):
        if tuple(said[at : at + size]) in known:
            covered += at + size - max(at, end)
            end = at + size
    return covered / len(said)
