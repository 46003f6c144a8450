"""What runs inside the sandbox, around a program that is not Python. The zygote imports it;
FOURSTAGE_SANDBOX=process starts it as `python -I -S -c <this> ORDER_FD SEND_FD ...`.

The order is a compiled program, which takes this process over from its descriptor (no folder of the sandbox
lets anything be run from it), or JSON: {"files": {name: text}, "argv"}, files to write and what takes over
then, or with {"sends": name, "path"} what is run first and which file of its making is sent: one line, a JSON
text, base64 of zlib. It holds no expected values, and the program gets no descriptor but the first three.
"""

import base64
import json
import os
import signal
import sys
import zlib


def run(order_fd, send):
    """Carry out the order in this descriptor. Does not return."""
    for fd in (order_fd, send):
        os.set_inheritable(fd, False)
    for number in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_DFL)  # Python ignores them, and what it starts would as well
    if os.pread(order_fd, 4, 0) == b"\x7fELF":
        os.execve(order_fd, ["program"], os.environ)
    with os.fdopen(order_fd) as file:
        order = json.load(file)
    for name, text in order["files"].items():
        with open(name, "w", encoding="utf-8", errors="surrogatepass") as file:
            file.write(text)
    if "sends" in order:
        make(order, send)
    keep_stdin()
    os.execve(order["argv"][0], order["argv"], os.environ)


def make(order, send):
    """Run the command and send the file it made. Ends this process: 1 where there is none."""
    environment = {**os.environ, "PATH": order["path"], "TMPDIR": os.getcwd()}
    pid = os.posix_spawn(order["argv"][0], order["argv"], environment)
    if os.waitpid(pid, 0)[1] != 0:
        os._exit(1)
    with open(order["sends"], "rb") as file:
        packed = base64.b64encode(zlib.compress(file.read(), 1))
    data = json.dumps(packed.decode()).encode()
    while data:
        data = data[os.write(send, data) :]
    os._exit(0)


def keep_stdin():
    """Where there is no /proc, /dev/stdin, which most JavaScript reads, leads to a file of the scratch folder."""
    if not os.path.exists("/dev/stdin") and os.path.lexists("/dev/stdin"):
        with open(os.readlink("/dev/stdin"), "wb") as copy, open(0, "rb", closefd=False) as stdin:
            copy.write(stdin.read())
        os.lseek(0, 0, os.SEEK_SET)


if __name__ == "__main__":
    run(int(sys.argv[1]), int(sys.argv[2]))
