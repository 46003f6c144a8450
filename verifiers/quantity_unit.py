r"""Units as people and models write them: "m/s^2", `\mathrm{~kg} \cdot \mathrm{m}^{-3}`, "meters per second squared".

They are read here token by token; pint only knows names and converts, because its own parser evaluates the text
that it is given. What follows a slash or "per" is below it, all of it (J/mol K is J/(mol K)), unless it is a group
in brackets, which ends there. A word that pint does not know counts as a thing ("apples"), singular and plural alike.
"""

import re
from collections import Counter
from functools import lru_cache
from typing import NamedTuple

import pint
from pint.util import UnitsContainer

from verifiers import extract

REGISTRY = pint.UnitRegistry(cache_folder=None)  # made with the import, which no row is billed for
MAX_TOKENS = 24
MAX_POWER = 12
RAISED = r"\s*\^\s*(?P<{}>[+-]?\d{{1,2}}(?!\d)|\([+-]?\d{{1,2}}\))"
TOKEN = re.compile(
    rf"(?P<name>°\s*(?:[CFKR]|[A-Za-z]{{6,10}})(?![A-Za-z])|[°%]|[^\W\d_]+(?:_[a-z]+)?)(?:{RAISED.format('power')}"
    rf"|(?P<bare>[+-]?\d)(?![\d.]))?|(?P<open>\()|(?P<close>\))(?:{RAISED.format('group')})?|(?P<slash>/)|[\s*.-]+"
)
SPELLING = [
    (r"\\(?:mu|micro)(?![a-zA-Z])\s*|[μµ]\s*", "µ"),
    (r"\\(?:Omega|ohm)(?![a-zA-Z])", "Ω"),
    (r"\\(?:AA|angstrom)(?![a-zA-Z])|Å", " angstrom "),
    (r"\\pi(?![a-zA-Z])|π", " pi "),
    (r"\\(?:cdot|times|ast)(?![a-zA-Z])|[·⋅•×]", "*"),
    (r"\^\s*\{\s*([+-]?\s*\d{1,2})\s*\}", r"^\1"),
    (r"\\frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}", r"(\1)/(\2)"),
    (r"\\%", "%"),
    (r"[{}~]", " "),
    (r"µ\s+(?=[a-zA-Z])", "µ"),
    (r"(?<![a-zA-Z])([kMGmµ])\s+Ω", r"\1Ω"),
    (r"(?i)\bdeg(?:rees?)?\.?\s*(?=(?:[CFK]|celsius|fahrenheit|kelvin)\b)", "°"),
    (r"(?i)\blight[\s-]years?\b", "light_year"),
    (r"\bper\b", "/"),
    (r"(?i)\b(?:square|sq)\b\.?\s*([^\W\d_]+)", r"\1^2"),
    (r"(?i)\b(?:cubic|cu)\b\.?\s*([^\W\d_]+)", r"\1^3"),
    (r"([^\W\d_]+)\s+squared\b", r"\1^2"),
    (r"([^\W\d_]+)\s+cubed\b", r"\1^3"),
]
SPELLING = [(re.compile(pattern), new) for pattern, new in SPELLING]
# What pint does not know, or knows as something else (Nm as a number of metres, Mb as a megabarn).
ALIASES: dict[str, dict[str, int]] = {
    **{name: {"degree": 1} for name in ("°", "degs")},
    **{name: {"degree_Celsius": 1} for name in ("°C", "°Celsius", "Celsius", "centigrade")},
    **{name: {"degree_Fahrenheit": 1} for name in ("°F", "°Fahrenheit", "Fahrenheit")},
    **{name: {"kelvin": 1} for name in ("°K", "°Kelvin", "Kelvin", "Kelvins")},
    **{name: {"degree_Rankine": 1} for name in ("°R", "°Rankine")},
    **{name: {"gram": 1} for name in ("gm", "gms", "gramme", "grammes")},
    **{"Nm": {"newton": 1, "meter": 1}, "mAh": {"milliampere": 1, "hour": 1}, "Cal": {"kilocalorie": 1}},
    **{"AU": {"astronomical_unit": 1}, "rev": {"revolution": 1}, "revs": {"revolution": 1}, "bpm": {"minute": -1}},
    **{"kb": {"kilobit": 1}, "Mb": {"megabit": 1}, "Gb": {"gigabit": 1}},
    **{"bps": {"bit": 1, "second": -1}, "kbps": {"kilobit": 1, "second": -1}, "Mbps": {"megabit": 1, "second": -1}},
}
THINGS = {"unit", "units"}  # micronits to pint
# English words that are units too (an inch, an are, a technical atmosphere): in prose, only before a full stop.
WORDS = {"a", "am", "an", "are", "as", "at", "in", "pa"}
OFFSET = {"degree_Celsius": "delta_degree_Celsius", "degree_Fahrenheit": "delta_degree_Fahrenheit"}


class Unit(NamedTuple):
    """Powers of the names that pint knows, and of the things that it does not; both empty for a pure number."""

    known: tuple[tuple[str, int], ...] = ()
    things: tuple[tuple[str, int], ...] = ()


NONE = Unit()


def spell(text: str) -> str:
    """One spelling for words, LaTeX and signs; the text is normalised (`latex.normalise`) before."""
    for pattern, new in SPELLING[:6]:
        text = pattern.sub(new, text)
    for _ in range(3):  # \text in \mathrm in \frac
        text = extract.TEXT.sub(r" \1 ", text)
        text = SPELLING[6][0].sub(SPELLING[6][1], text)
    for pattern, new in SPELLING[7:]:
        text = pattern.sub(new, text)
    return text.strip()


@lru_cache(4096)
def read(text: str) -> Unit | None:
    """The unit that a spelled text is; None where it is none. Nothing at all is a pure number."""
    tokens = _tokens(text)
    if tokens is None or (powers := _powers(tokens)) is None:
        return None
    known: Counter[str] = Counter()
    things: Counter[str] = Counter()
    for name, power in powers.items():
        units = _known(name)
        if units is None:
            things[_singular(name)] += power
        for unit, times in (units or {}).items():
            known[unit] += power * times
    if any(abs(power) > MAX_POWER for power in (known + things).values()):
        return None
    if sum(map(abs, known.values())) > 1:  # in a product, a degree is a difference of temperatures
        known = Counter({OFFSET.get(name, name): power for name, power in known.items()})
    return Unit(*(tuple(sorted((n, p) for n, p in part.items() if p)) for part in (known, things)))


def read_prefix(text: str) -> Unit:
    """The longest unit that a spelled sentence goes on with, of names that pint knows."""
    text = re.split(r"[.,;:!?。，](?:\s|$)|[\n=$]|\*\*", text, maxsplit=1)[0]
    ends, at = [], 0
    while len(ends) < MAX_TOKENS and (found := TOKEN.match(text, at)):
        at = found.end()
        ends.append(at)
    for end in reversed(ends):
        word = re.search(r"[^\W\d_]+$", text[:end].rstrip())
        if word and word[0] in WORDS and re.match(r"\s*\w", text[end:]):
            continue
        unit = read(text[:end].strip())
        if unit is not None and unit.known and not unit.things:
            return unit
    return NONE


def convert(value: float, source: Unit, target: Unit) -> float | None:
    """The value in another unit; None where the dimensions differ. 25 °C is 298.15 K: temperatures, no differences."""
    try:
        return float(REGISTRY.Quantity(value, _pint(source)).to(_pint(target)).magnitude)
    except (pint.PintError, ArithmeticError):
        return None


def _tokens(text: str) -> list[re.Match] | None:
    tokens, at = [], 0
    while at < len(text):
        found = TOKEN.match(text, at)
        if not found or len(tokens) == MAX_TOKENS:
            return None
        tokens.append(found)
        at = found.end()
    return [token for token in tokens if token.lastgroup]


def _powers(tokens: list[re.Match]) -> Counter[str] | None:
    """Names to powers. A level is (its powers, whether a slash came in it, the sign of the group)."""
    levels: list[tuple[Counter[str], bool, int]] = [(Counter(), False, 1)]
    slash = False
    for token in tokens:
        powers, below, sign = levels.pop()
        if token["slash"]:
            if slash:
                return None
            slash = True
            levels.append((powers, below, sign))
            continue
        if token["name"]:
            below = below or slash
            power = int((token["power"] or token["bare"] or "1").strip("()"))
            powers[token["name"]] += -power if below else power
            levels.append((powers, below, sign))
        elif token["open"]:
            levels += [(powers, below, sign), (Counter(), False, -1 if below or slash else 1)]
        else:
            if not levels or slash:
                return None
            for name, power in powers.items():
                levels[-1][0][name] += power * sign * int((token["group"] or "1").strip("()"))
        slash = False
    return levels[0][0] if len(levels) == 1 and not slash else None


@lru_cache(4096)
def _known(name: str) -> dict[str, int] | None:
    name = re.sub(r"\s", "", name)
    if name in THINGS:
        return None
    if name in ALIASES:
        return ALIASES[name]
    for spelled in (name, name.lower()) if len(name) > 3 else (name,):
        try:
            return {REGISTRY.get_name(spelled): 1}
        except (pint.PintError, ValueError):
            continue
    return None


def _singular(name: str) -> str:
    name = name.casefold()
    return name[:-2] if re.search(r"(?:[sxz]|ch|sh)es$", name) else name.removesuffix("s")


def _pint(unit: Unit) -> pint.Unit:
    return REGISTRY.Unit(UnitsContainer(dict(unit.known)))
