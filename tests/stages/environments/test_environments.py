"""The worlds themselves: what their tools answer, what is an error, and what the state is worth."""

import json

import pytest

from stages.environments import ENVIRONMENTS, functions, kind_of
from stages.environments.calculator import Calculator
from stages.environments.desk import Desk
from stages.environments.documents import Documents
from stages.environments.python import Python

ANN = {"customer": "Ann", "item": "hat", "quantity": 2}
BEN = {"customer": "Ben", "item": "cup", "quantity": 1}
STATE = {
    "items": {"hat": {"stock": 3, "price": 5}, "cup": {"stock": 0, "price": 2}},
    "orders": [BEN],
    "wanted": {"orders": [BEN, ANN]},
}
LIBRARY = [
    {"title": "Riga", "text": "Riga is a city. Its mayor is Ann, who likes boats."},
    {"title": "Oslo", "text": "Oslo is cold. Nobody there sails."},
]


def made(kind, state=None):
    world = kind()
    world.reset(environment_state=json.dumps(state or {}), id="1", prompt=[])
    return world


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("12*3", "36"),
        ("1/3", "0.333333"),
        ("-7/2", "-3.5"),
        ("2/3-1", "-0.333333"),
        ("0.1+0.2", "0.3"),
        ("2^10 % 7", "2"),
        ("(3 + 4) × 2", "14"),
        ("-1/10000000", "0"),
    ],
)
def test_the_calculator(expression, value):
    assert made(Calculator).calculate(expression) == value


@pytest.mark.parametrize("text", ["9**9**9", "a+b", "1/0", "", "2**0.5", "'a'*9", "True+1", "().__class__", "1j"])
def test_what_is_no_arithmetic(text):
    with pytest.raises(ValueError, match=r"power|arithmetic|known|zero|whole"):
        made(Calculator).calculate(text)


def test_python_runs_in_the_sandbox():
    world = made(Python)
    assert world.run("print(3 * 4)") == "12"
    assert world.run("x = 1") == "nothing printed"
    assert world.run("print(1)\n1 / 0") == "1\nerror: ZeroDivisionError: division by zero"
    assert world.run("1 +").startswith("error: SyntaxError")
    assert "error: " in world.run("open('/etc/passwd').read()")
    with pytest.raises(ValueError, match="took too long"):
        world.run("while True: pass")


def test_documents_are_searched_and_read():
    world = made(Documents, {"documents": LIBRARY})
    assert world.search("who is the mayor of Riga?").splitlines()[0] == "Riga: Riga is a city."
    assert world.search("sailing") == "Oslo: Oslo is cold."
    assert world.search('zebra" OR NEAR( *') == "nothing found"
    assert world.read("riga") == LIBRARY[0]["text"]
    with pytest.raises(ValueError, match="no document Rome"):
        world.read("Rome")
    with pytest.raises(ValueError, match="no words"):
        world.search("?!")


def test_the_desk():
    desk = made(Desk, STATE)
    assert desk.look_up("Hat") == "hat: 3 in stock, 5 coins"
    assert desk.verdict("Done.").reason == "wrong_state"
    assert desk.order("Ann", "hat", 2) == "ordered 2 hat for Ann"
    assert desk.look_up("hat") == "hat: 1 in stock, 5 coins"
    assert desk.verdict("Done.") == (1.0, "correct") and desk.verdict("  ").reason == "no_answer"
    for call, said in [
        (lambda: desk.order("Ann", "hat", 2), "only 1 hat in stock"),
        (lambda: desk.order("Ann", "hat", 0), "1 or more"),
        (lambda: desk.order(" ", "hat", 1), "no name"),
        (lambda: desk.look_up("hut"), "no item hut"),
        (lambda: desk.cancel("Cid", "hat"), "no order of hat for Cid"),
    ]:
        with pytest.raises(ValueError, match=said):
            call()
    assert desk.verdict("Done.").score == 1.0  # an order that failed has changed nothing
    assert desk.cancel("Ben", "cup") == "cancelled 1 cup for Ben" and desk.look_up("cup").startswith("cup: 1 in")
    assert desk.verdict("Done.").reason == "wrong_state"


def test_names_may_have_spaces_around_them():
    state = {"items": {" big bag ": {"stock": 1, "price": 2}}, "wanted": {"orders": [BEN | {"item": "big bag "}]}}
    state["wanted"]["orders"][0]["customer"] = "Zoë "
    desk = made(Desk, state)
    desk.order("Zoë", "big bag", BEN["quantity"])
    assert desk.verdict("Done.").score == 1.0
    library = made(Documents, {"documents": [{"title": " Émile ", "text": "A book."}]})
    assert library.read("émile") == "A book." and library.search("Émile") == "Émile: A book."


def test_two_orders_of_one_are_an_order_of_two():
    desk = made(Desk, STATE)
    desk.order("ann", "hat", 1)
    desk.order("Ann", "HAT", 1)
    assert desk.verdict("Done.").score == 1.0


@pytest.mark.parametrize(
    ("response", "score"),
    [
        ("It costs 10.", 1.0),
        ("It costs 10.00 coins.", 1.0),
        ("It costs 100.", 0.0),
        ("-10", 0.0),
        ("10 coins, Ann!", 1.0),
        (" ".join(map(str, range(60))), 0.0),
    ],
)
def test_what_the_response_must_say(response, score):
    state = STATE | {"wanted": {"orders": [BEN], "says": "10"}}
    assert made(Desk, state).verdict(response).score == score


@pytest.mark.parametrize(
    ("kind", "state"),
    [
        (Desk, {}),
        (Desk, {"items": []}),
        (Desk, STATE | {"wanted": {}}),
        (Documents, {}),
        (Documents, {"documents": [3]}),
    ],
)
def test_a_state_that_is_none(kind, state):
    with pytest.raises(ValueError, match="environment_state"):
        made(kind, state)


def test_no_json():
    with pytest.raises(ValueError, match="no JSON"):
        Desk().reset(environment_state="{")
    with pytest.raises(ValueError, match="no JSON object"):
        Desk().reset(environment_state="[]")


def test_the_functions_offered():
    offered = {name: functions(kind) for name, kind in ENVIRONMENTS.items()}
    assert [one["function"]["name"] for one in offered["desk"]] == ["cancel", "look_up", "order"]
    order = offered["desk"][2]["function"]["parameters"]
    assert order["properties"]["quantity"]["type"] == "integer"
    assert order["required"] == ["customer", "item", "quantity"]
    assert all("return" not in one["function"] for tools in offered.values() for one in tools)


def test_an_environment_of_the_users_own(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(
        'class Door:\n    def reset(self, **row):\n        pass\n\n    def knock(self) -> str:\n        """Knocks."""\n'
        "        return 'who is there?'\n\nclass Wall:\n    def reset(self, **row):\n        pass\n"
    )
    assert functions(kind_of(f"{path}:Door"))[0]["function"]["name"] == "knock"
    with pytest.raises(ValueError, match="is no environment"):
        kind_of(f"{path}:Wall")
    with pytest.raises(ValueError, match="there is no environment abacus: use calculator"):
        kind_of("abacus")
