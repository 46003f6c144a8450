r"""What hypothesis makes up for the property tests: texts, JSON; how many examples; how a verdict is looked at.

The same examples every time, few enough for the quick tests. To look for more, with new ones every time:

    FOURSTAGE_EXAMPLES=5000 python -m pytest tests/verifiers/test_properties.py tests/verifiers/test_equality.py
"""

import os
import string
import time

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from verifiers.verdict import UNPARSABLE, Verdict

EXAMPLES = int(os.environ.get("FOURSTAGE_EXAMPLES") or 0)
# Seconds of CPU for one call. hypothesis' own deadline is the wall clock's, which another process can stop.
SLOW = 3.0
FRAGMENTS = [
    *string.digits,
    *"xynkABm+-*/=<>()[]{},.:;|^_!%&$ ~'\n\t\"",
    *(r"\frac{1}{2}", r"\frac", r"\sqrt{2}", r"\pi", r"\infty", r"\pm", r"\cup", r"\in", r"\le", r"\ne", r"\mathbb{R}"),
    *(r"\{", r"\}", r"\left(", r"\right]", r"\text{ and }", r"\text{cm}", r"\text{", r"\boxed{", r"\boxed{7}", r"\\"),
    *(
        r"\begin{pmatrix}",
        r"\end{pmatrix}",
        r"\sum_{k=1}^{3} k",
        r"\circ",
        r"\%",
        r"\approx",
        r"\mathrm{~m} / ",
        r"\cdot",
    ),
    *(" or ", " and ", "x=", "the answer is ", "Final answer: ", "**", "```", "\n```python\n", "\n```\n", "<answer>"),
    *(
        "½",
        "√",
        "²",
        "−",
        "⁻¹",
        "°C",
        "µ",
        "Ω",
        "m/s^2",
        " per ",
        "3.0 \\times 10^8",
        "1e999",
        "9**9**9",
        "1,000",
        "50%",
    ),
    *(
        "Ann is a knight",
        "Ann: knave",
        "答案是",
        "是",
        "。",
        "정답",
        "\ud800",
        "\0",
        "\u202e",
        "\U0001f600",
        "İ",
        "ﬁ",
        "\x85",
    ),
    *(
        "<tool_call>",
        "</tool_call>",
        '{"name": "f", "arguments": {"n": ',
        '{"a": ',
        "NaN",
        "Infinity",
        "null",
        "[[",
        "]]",
    ),
    *("def f(x):\n    return x\n", "<<title>>", "* point\n", "P.S.", "******", "A.", "(B)"),
]
TEXTS = st.one_of(
    st.lists(st.sampled_from(FRAGMENTS), max_size=14).map("".join),
    st.lists(st.one_of(st.sampled_from(FRAGMENTS), st.text(st.characters(), max_size=5)), max_size=10).map("".join),
    st.tuples(st.sampled_from(FRAGMENTS), st.integers(1, 3000)).map(lambda pair: pair[0] * pair[1]),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)
# About 30 s in all on an idle core: those that may call sympy get fewer.
few, some, many = (
    settings(
        max_examples=EXAMPLES or count,
        derandomize=not EXAMPLES,
        deadline=None,
        database=None,
        suppress_health_check=[HealthCheck.too_slow],
    )
    for count in (60, 150, 400)
)


def judged(check, response: str, reference: str) -> Verdict:
    """A verdict as the worker gives it (`worker.judge`), in time."""
    started = time.process_time()
    try:
        verdict = check(response, reference)
    except (MemoryError, RecursionError):
        verdict = UNPARSABLE
    assert time.process_time() - started < SLOW
    assert verdict.score is not None and 0.0 <= verdict.score <= 1.0
    return verdict
