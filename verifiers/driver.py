"""What runs inside the sandbox, around the model's program. The zygote imports it; FOURSTAGE_SANDBOX=process
starts it as `python -I -S -c <this> ORDER_FD SEND_FD PACKAGES`, with a folder of packages that it may import.

It holds no expected values and gives no verdict. The order is JSON: {"program"}, run as `__main__`, or
{"program", "setup", "calls"}, run as a module and then called. A call is {"expr": "f(1)"}, {"entry_point":
"f", "args": [...]} or {"assert": "assert ...", "token": "..."}. Each call sends one line, [its number,
encoded value]; one that raises sends no line. Only a call of the last kind takes the program's word: its
token is sent after the assert has passed. A "marker" in the order stands before each line (`remote.py`).
"""

import builtins
import json
import os
import sys
import types


def encode(value):
    """A value as JSON with its type: ["tuple", [...]]. A subclass counts as its base, others raise."""
    if value is None or value is True or value is False:
        return value
    for kind in (bool, str, float):
        if isinstance(value, kind):
            return kind(value)
    if isinstance(value, int):
        return value if abs(value) < 2**63 else ["int", hex(value)]  # hex: decimal digits are slow, and limited
    if isinstance(value, dict):
        return ["dict", [[encode(key), encode(item)] for key, item in value.items()]]
    for kind in (list, tuple, set, frozenset):
        if isinstance(value, kind):
            return [kind.__name__, [encode(item) for item in value]]
    if isinstance(value, complex):
        return ["complex", [value.real, value.imag]]
    if isinstance(value, (bytes, bytearray)):
        return ["bytes", bytes(value).hex()]
    raise TypeError(type(value).__name__)


def run_module(order):
    """The namespace of the program as a module. A setup that needs the program's names runs after it."""
    module = types.ModuleType("program")
    sys.modules["program"] = module
    names = module.__dict__
    late = False
    try:
        exec(order["setup"], names)
    except Exception:
        late = True
    exec(compile(order["program"], "program.py", "exec"), names)
    if late:
        exec(order["setup"], names)
    return names


def call(names, one):
    """The encoded result of one call."""
    if "expr" in one:
        return encode(eval(one["expr"], names))
    if "entry_point" in one:
        return encode(eval(one["entry_point"], names)(*one["args"]))
    exec(one["assert"], names)
    return one["token"]


def run_calls(order, send):
    """Run the module, then send one line a call that returns."""
    dumps, write, marker = json.dumps, os.write, order.get("marker", "")
    names = run_module(order)
    for number, one in enumerate(order["calls"]):
        try:
            line = marker + dumps([number, call(names, one)])
        except BaseException:
            continue  # no line, not passed: what went wrong inside is the program's affair, SystemExit too
        data = line.encode() + b"\n"
        while data:
            data = data[write(send, data) :]


def run(order_fd, send):
    """Carry out the order in this descriptor. Returns after a script, whose threads may still run."""
    with os.fdopen(order_fd) as file:
        order = json.load(file)
    sys.argv = ["program.py"]
    vars(builtins).update(exit=sys.exit, quit=sys.exit)  # -S leaves them out
    if "calls" in order:
        run_calls(order, send)
        os._exit(0)  # a thread that the program left behind must not delay the end
    os.close(send)
    main = types.ModuleType("__main__")
    sys.modules["__main__"] = main
    exec(compile(order["program"], "program.py", "exec"), main.__dict__)


if __name__ == "__main__":
    sys.path.append(sys.argv[3])
    run(int(sys.argv[1]), int(sys.argv[2]))
