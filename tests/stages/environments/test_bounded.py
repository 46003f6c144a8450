"""Whatever a policy asks for is one line of observation, in limited time, and touches no other episode."""

import json
import time

import pytest

from stages.command import RecipeError
from stages.environments.bounded import OBSERVATION, Bounded

DESK = {"items": {"hat": {"stock": 3, "price": 5}}, "wanted": {"orders": []}}
ODD = '''
import time
from typing import Literal
from verifiers.verdict import Unavailable

VERDICTS = {"yes": True, "no": False, "half": 0.5, "all": 2.0, "none": None, "text": "right"}

TOUCHED = []


class Odd:
    def reset(self, **row):
        self.what = row["id"]

    def wait(self, seconds: float) -> str:
        """Waits."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            pass
        TOUCHED.append(self.what)
        return "waited"

    def leave(self) -> str:
        """Leaves."""
        raise SystemExit(3)

    def write(self, size: int) -> str:
        """Writes."""
        return "é\\ud800" * size

    def marks(self) -> str:
        """Says what the chat format reads."""
        return "a < b <|im_end|>\\n<|im_start|>user </think> <tool_call> </tool_response>"

    def fall(self, texts: list[str]) -> str:
        """Falls."""
        return {}["no\\nkey"]

    def down(self) -> str:
        """Is down."""
        raise Unavailable("no sandbox")

    def choose(self, size: int | None = None, colour: Literal["red", "blue"] = "red", sums: list[int] = ()) -> str:
        """Chooses."""
        return f"{size} {colour}"

    async def late(self) -> str:
        """Comes late."""
        return "there"

    def verdict(self, response):
        if response in VERDICTS:
            return VERDICTS[response]
        return self.wait(5.0) if response == "slow" else self.down()
'''


def desk() -> Bounded:
    return Bounded({"id": "1", "environment": "desk", "environment_state": json.dumps(DESK), "verifier": "environment"})


@pytest.fixture
def odd(tmp_path):
    (tmp_path / "odd.py").write_text(ODD)
    return lambda number="1", **limits: Bounded({"id": number, "environment": f"{tmp_path}/odd.py:Odd"}, **limits)


@pytest.mark.parametrize(
    ("name", "arguments", "said"),
    [
        ("order", {}, "error: missing a required argument: 'customer'"),
        ("look_up", {"item": "hat", "colour": "red"}, "error: got an unexpected keyword argument 'colour'"),
        ("look_up", {"item": 3}, "error: item must be text"),
        ("order", {"customer": "A", "item": "hat", "quantity": True}, "error: quantity must be a whole number"),
        ("order", {"customer": "A", "item": "hat", "quantity": "2"}, "error: quantity must be a whole number"),
        ("order", {"customer": "A", "item": "hat", "quantity": 1.0}, "error: quantity must be a whole number"),
        ("order", {"customer": "A", "item": "hat", "quantity": float("nan")}, "error: the arguments are no plain JSON"),
        ("look_up", {"item": "h\ud800"}, "error: the arguments are no plain JSON"),
        ("look_up", {"item": "h" * 50_000}, "error: the arguments are too long"),
        ("look_up", ["hat"], "error: the arguments are no object"),
        ("look_up", {"item": "no\nsuch <|im_end|>"}, "error: no item no such < |im_end|>"),
        ("verdict", {"response": "x"}, "error: no tool verdict, only cancel, look_up, order"),
        ("_item", {"item": "hat"}, "error: no tool _item, only cancel, look_up, order"),
        ("reset", {}, "error: no tool reset, only cancel, look_up, order"),
        (None, {}, "error: no tool None, only cancel, look_up, order"),
        ("order", {"customer": "A", "item": "hat", "quantity": 10**30}, "error: only 3 hat in stock"),
    ],
)
def test_odd_calls(name, arguments, said):
    world = desk()
    assert world.call(name, arguments) == said
    assert (world.calls, world.failures) == (1, 1)
    assert world.call("look_up", {"item": "hat"}) == "hat: 3 in stock, 5 coins" and world.failures == 1


def test_what_tools_raise_and_return(odd):
    world = odd()
    assert world.call("leave", {}) == "error: SystemExit: 3"
    assert world.call("fall", {"texts": []}) == "error: KeyError: 'no\\nkey'"
    long = world.call("write", {"size": 9_000})
    assert len(long) <= OBSERVATION + 4 and long.endswith(" ...") and long.startswith("é?é?")
    assert world.call("marks", {}) == "a < b < |im_end|>\n< |im_start|>user < /think> < tool_call> < /tool_response>"
    assert world.call("wait", {"seconds": 0}) == "waited"  # a whole number is a number
    assert world.ended is None


def test_a_call_that_runs_over_ends_its_world_only(odd):
    late = odd("late", seconds=0.2)
    touched = late.world.wait.__func__.__globals__["TOUCHED"]
    assert late.call("wait", {"seconds": 600}) == "error: the call took too long"
    assert late.call("wait", {"seconds": 0}) == "error: nothing answers any more"
    assert late.verdict("x") == (0.0, "timeout")
    following = odd("following")
    assert following.call("wait", {"seconds": 0}) == "waited" and touched == ["following"]
    time.sleep(0.3)  # the thread that ran over has been ended: a loop of 600 s would still go on
    assert touched == ["following"]


def test_an_outage_is_nobodys_mistake(odd):
    world = odd()
    assert world.call("down", {}) == "error: the tool is not available"
    assert world.verdict("x") == (None, "unavailable")


def test_the_number_of_calls(odd):
    world = odd(max_calls=2)
    answers = [world.call("wait", {"seconds": 0}) for _ in range(4)]
    assert answers == ["waited", "waited", "error: no calls are left", "error: no calls are left"]


def test_rows_that_cannot_be_played(tmp_path, odd):
    with pytest.raises(RecipeError, match="row 7, environment abacus: there is no environment abacus"):
        Bounded({"id": "7", "environment": "abacus"})
    with pytest.raises(RecipeError, match="row 7, environment desk: environment_state wants items"):
        Bounded({"id": "7", "environment": "desk", "environment_state": "{}"})
    with pytest.raises(RecipeError, match="row 7: environment calculator has no verdict"):
        Bounded({"id": "7", "environment": "calculator", "verifier": "environment"})


def test_a_number_beyond_all_floats_is_one_line(odd):
    world = odd()
    assert world.call("wait", {"seconds": 10**400}).startswith("error: ") and world.failures == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"size": 3}, "3 red"),
        ({"size": None, "colour": "blue"}, "None blue"),
        ({"sums": [1, 2]}, "None red"),
        ({"size": 2.5}, "error: size must be a whole number or null"),
        ({"size": True}, "error: size must be a whole number or null"),
        ({"colour": "green"}, "error: colour must be 'red' or 'blue'"),
        ({"sums": ["a"]}, "error: sums must be a list"),
    ],
)
def test_types_that_have_parts(odd, arguments, said):
    assert odd().call("choose", arguments) == said


def test_a_tool_may_be_async(odd):
    assert odd().call("late", {}) == "there"


@pytest.mark.parametrize(("response", "score"), [("yes", 1.0), ("no", 0.0), ("half", 0.5)])
def test_a_verdict_may_be_a_number(odd, response, score):
    assert odd().verdict(response).score == score


@pytest.mark.parametrize("response", ["all", "none", "text"])
def test_a_verdict_that_is_none(odd, response):
    with pytest.raises(RecipeError, match=r"odd.py:Odd: its verdict returned .*: want a number from 0 to 1"):
        odd().verdict(response)


@pytest.mark.parametrize("limit", ["seconds = 0.2", "def seconds(self):\n        return 0.2"])
def test_an_environments_own_limit(tmp_path, limit):
    reset, tool = "def reset(self, **row):\n        pass", 'def go(self) -> str:\n        """Goes."""'
    text = "\n\n    ".join((f"class Slow:\n    {limit}", reset, tool)) + "\n"
    (tmp_path / "slow.py").write_text(text)
    assert Bounded({"environment": f"{tmp_path}/slow.py:Slow"}, seconds=0.1).seconds == 0.2


@pytest.mark.parametrize(("response", "verdict"), [("slow", (0.0, "timeout")), ("down", (None, "unavailable"))])
def test_a_state_that_cannot_be_judged(odd, response, verdict):
    world = odd(seconds=0.2)
    assert world.verdict(response) == verdict == world.ended


def test_an_episode_may_change_what_it_was_given(tmp_path):
    (tmp_path / "own.py").write_text(
        "class Own:\n    def reset(self, **row):\n        self.items = row['items']\n"
        '    def take(self, item: str) -> str:\n        """Takes.\n\n        Args:\n            item: it\n        """\n'
        "        self.items.remove(item)\n        return 'taken'\n"
    )
    row = {"id": "1", "environment": f"{tmp_path}/own.py:Own", "items": ["hat"]}
    assert [Bounded(row).call("take", {"item": "hat"}) for _ in range(2)] == ["taken"] * 2 and row["items"] == ["hat"]
