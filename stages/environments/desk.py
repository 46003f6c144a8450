"""An order desk: items in stock, orders of customers, in a database; the orders at the end are the verdict."""

import re
import sqlite3
from collections import Counter
from typing import Any

from stages.environments.state import state_of
from verifiers import Verdict

STRANGE = 2  # numbers that a response may have from elsewhere, such as how many were asked for
NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
TABLES = """
CREATE TABLE item (name TEXT PRIMARY KEY COLLATE NOCASE, stock INTEGER CHECK (stock >= 0), price INTEGER);
CREATE TABLE purchase (customer TEXT COLLATE NOCASE, item TEXT COLLATE NOCASE, quantity INTEGER);
"""


class Desk:
    """environment_state: {"items": {"hat": {"stock": 3, "price": 5}}, "orders": [{"customer", "item", "quantity"}],
    "wanted": {"orders": [...], "says": "15"}}: the orders there are at first (none if left out) and those that there
    must be at the end, in any order; `says`, if it is there, are words that the response must hold as well."""

    def reset(self, **row: Any) -> None:
        """Sets up the desk. Raises ValueError where the state is not of this form."""
        state = state_of(row)
        self._base = sqlite3.connect(":memory:", check_same_thread=False)  # each call has a thread of its own
        self._base.executescript(TABLES)
        try:
            items = [(name.strip(), int(one["stock"]), int(one["price"])) for name, one in state["items"].items()]
            self._base.executemany("INSERT INTO item VALUES (?, ?, ?)", items)
            self._base.executemany("INSERT INTO purchase VALUES (?, ?, ?)", orders_of(state.get("orders", [])))
            self._wanted = orders_of(state["wanted"]["orders"])
            self._says = str(state["wanted"].get("says", ""))
            self._numbers = set(NUMBER.findall(row["environment_state"]))
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"environment_state wants items, orders and wanted.orders: {error!r}") from error

    def look_up(self, item: str) -> str:
        """Tells stock and price.

        Args:
            item: its name
        """
        name, stock, price = self._item(item)
        return f"{name}: {stock} in stock, {price} coins"

    def order(self, customer: str, item: str, quantity: int) -> str:
        """Orders an item.

        Args:
            customer: who orders
            item: its name
            quantity: how many
        """
        name, stock, _ = self._item(item)
        if quantity < 1:
            raise ValueError("the quantity must be 1 or more")
        if quantity > stock:
            raise ValueError(f"only {stock} {name} in stock")
        if not customer.strip():
            raise ValueError("the customer has no name")
        with self._base:
            self._base.execute("UPDATE item SET stock = stock - ? WHERE name = ?", (quantity, name))
            self._base.execute("INSERT INTO purchase VALUES (?, ?, ?)", (customer.strip(), name, quantity))
        return f"ordered {quantity} {name} for {customer.strip()}"

    def cancel(self, customer: str, item: str) -> str:
        """Cancels a customer's orders of an item.

        Args:
            customer: who ordered
            item: its name
        """
        name, _, _ = self._item(item)
        where, whose = "WHERE customer = ? AND item = ?", (customer.strip(), name)
        (quantity,) = self._base.execute(f"SELECT sum(quantity) FROM purchase {where}", whose).fetchone()
        if not quantity:
            raise ValueError(f"no order of {name} for {customer.strip()}")
        with self._base:
            self._base.execute(f"DELETE FROM purchase {where}", whose)
            self._base.execute("UPDATE item SET stock = stock + ? WHERE name = ?", (quantity, name))
        return f"cancelled {quantity} {name} for {customer.strip()}"

    def verdict(self, response: str) -> Verdict:
        """Whether the orders are those wanted, and the response says what it must."""
        if not response.strip():
            return Verdict(0.0, "no_answer")
        found = self._base.execute("SELECT customer, item, quantity FROM purchase").fetchall()
        if folded(found) != folded(self._wanted):
            return Verdict(0.0, "wrong_state")
        return Verdict(1.0, "correct") if not self._says or self._is_said(response) else Verdict(0.0, "wrong")

    def _is_said(self, response: str) -> bool:
        """Whether the response holds what it must, and few numbers that stand nowhere: all from 1 to 60 say nothing."""
        said = words(response)
        strange = {word for word in said.split() if NUMBER.fullmatch(word)} - self._numbers
        return f" {words(self._says)} " in f" {said} " and len(strange) <= STRANGE

    def _item(self, item: str) -> tuple[str, int, int]:
        query = "SELECT name, stock, price FROM item WHERE name = ?"
        row = self._base.execute(query, (item.strip(),)).fetchone()
        if row is None:
            raise ValueError(f"no item {item}")
        return row


def orders_of(orders: list[dict[str, Any]]) -> list[tuple[str, str, int]]:
    """Orders as rows of the database."""
    return [(str(one["customer"]).strip(), str(one["item"]).strip(), int(one["quantity"])) for one in orders]


def folded(orders: list[tuple[str, str, int]]) -> Counter:
    """How many of each item each customer has ordered: one order of two is two orders of one."""
    found: Counter = Counter()
    for customer, item, quantity in orders:
        found[customer.casefold(), item.casefold()] += quantity
    return found


def words(text: str) -> str:
    """Its words and numbers, folded, one space between them; 8.00 is 8."""
    kept = "".join(letter if letter.isalnum() or letter in ".-'" else " " for letter in text.casefold())
    found = [word.strip(".'").removesuffix("-") for word in kept.split()]
    return " ".join(f"{float(word):g}" if NUMBER.fullmatch(word) else word.strip("-") for word in found)
