"""The inside of the sandbox: a Python that is started once, shuts itself in, and forks once for every program.

`namespaces.py` starts it and keeps the other end of its socket. Three kinds of process live here:

    the zygote     first process of a pid namespace, in a file system of its own (below), without network
    an init        one a program: first process of the program's own pid, mount and IPC namespaces
    the program    its child: no capability, no new privileges, a filter on its calls, limits

The init and all that a program started die together, as a pid namespace does; its scratch folder and its
shared memory go with its namespaces. The zygote never reads a program, an input or a call: they are
descriptors that it hands on, so there is nothing in its memory that one program could learn of another.

What a program sees: `/tmp`, its scratch folder of SCRATCH_BYTES; read-only Python (without site-packages), the
system's libraries and, in PACKAGES, what `languages.py` offers of the installed packages; `/dev` with null, zero,
full, random and urandom; `/proc` with its own processes, where the kernel lets us mount one (not in most containers),
else an empty one. A zygote for another language than Python shows its tools as well (`languages.py`), and
`native.py` puts the program in the process's place.
"""

import gc
import io
import json
import os
import resource
import select
import signal
import socket
import sys

from verifiers import kernel

USER = 1000  # inside; namespaces.py maps it to a user without rights outside
SCRATCH_BYTES = 64 << 20
SCRATCH_FILES = 4096
NO_SANDBOX = 2  # the exit status of an init that could not confine its program
STDIN_COPY = "/tmp/.stdin"  # in place of what only /proc can give
PACKAGES = "/packages"  # on sys.path, the last of it
LIBRARIES = ("/lib", "/lib64", "/usr/lib", "/usr/lib64")
DEVICES = ("null", "zero", "full", "random", "urandom")
LINKS = {"fd": "/proc/self/fd", "stdin": "/proc/self/fd/0", "stdout": "/proc/self/fd/1", "shm": "/tmp"}
# Imported before the fork, so that a program need not. None keeps a state that another program could see;
# random seeds itself anew in each fork.
PRELOADED = ("bisect", "collections", "functools", "heapq", "itertools", "math", "random", "re", "string", "typing")

_has_proc = True


def serve(fd: int, packages: list[str], tools: list[str]) -> tuple[int, int]:
    """Serve programs for ever. Returns in each program's process: descriptors of its order and its results."""
    host = socket.socket(fileno=fd)
    try:
        kernel.require()
        own_namespace = isolate(host)
        build_root(packages, tools)
    except OSError as error:
        host.send(json.dumps({"error": error.strerror or str(error)}).encode())
        os._exit(1)
    for name in PRELOADED:
        __import__(name)
    sys.path += [PACKAGES] if packages else []
    gc.collect()
    gc.freeze()  # fewer pages to copy, and none of our objects in a program's gc.get_objects()
    host.send(b'{"ready": true}')
    return accept(host, own_namespace)


def accept(host: socket.socket, own_namespace: int) -> tuple[int, int]:
    """One program after the other. A request is the limits as JSON, with four descriptors."""
    while True:
        message, fds, _, _ = socket.recv_fds(host, 4096, 4)
        if not message:
            os._exit(0)
        if not fds:
            continue  # "kill", for a program that ended meanwhile
        kernel.unshare(kernel.NEWPID)
        pid = os.fork()
        if pid == 0:
            host.close()
            os.close(own_namespace)
            return init(json.loads(message), fds)
        kernel.setns(own_namespace, kernel.NEWPID)  # else the next unshare is refused
        for fd in fds:
            os.close(fd)
        host.send(json.dumps({"status": wait(pid, host)}).encode())


def wait(pid: int, host: socket.socket) -> int:
    """The init's exit status; any message from the host kills it first."""
    watched = os.pidfd_open(pid)
    poll = select.poll()
    poll.register(watched, select.POLLIN)
    poll.register(host, select.POLLIN)
    while watched not in dict(poll.poll()):
        if not host.recv(16):
            os._exit(0)  # the host is gone, and we take everything with us
        os.kill(pid, signal.SIGKILL)
    os.close(watched)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def init(limits: dict, fds: list[int]) -> tuple[int, int]:
    """The program's init, which never returns; its child does."""
    try:
        kernel.unshare(kernel.NEWNS | kernel.NEWIPC)
        mount_scratch()
        receive, send = os.pipe()
        pid = os.fork()
        if pid == 0:
            become_program(limits, fds, send)
            return fds[1], fds[3]
    except Exception:  # in both processes: a program must not start half confined
        os._exit(NO_SANDBOX)
    os.closerange(0, receive)
    os.closerange(receive + 1, 64)
    # The program's own exit statuses are folded into 1, so it cannot claim that there was no sandbox.
    confined = os.read(receive, 1)
    code = exit_code_of(pid)
    os._exit(NO_SANDBOX if not confined else 128 - code if code < 0 else min(code, 1))


def exit_code_of(pid: int) -> int:
    """Wait for this child, and for all that is orphaned to us meanwhile."""
    while True:
        ended, status = os.wait()
        if ended == pid:
            return os.waitstatus_to_exitcode(status)


def become_program(limits: dict, fds: list[int], send: int) -> None:
    """Turn this process into one that may run anything."""
    stdin, order, stdout, results = fds
    null = os.open("/dev/null", os.O_WRONLY)
    for fd, number in ((stdin, 0), (stdout, 1), (null, 2)):
        os.dup2(fd, number)
    kept = sorted((order, results, send))
    for before, after in zip([2, *kept], [*kept, 1024], strict=True):
        os.closerange(before + 1, after)
    os.setsid()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    open_streams()
    for kind, soft, hard in limits["rlimits"]:
        resource.setrlimit(kind, (soft, hard))
    kernel.drop_privileges(USER, limits["groups"])
    kernel.filter_calls()
    os.write(send, b"1")
    os.close(send)


def open_streams() -> None:
    """Python's own three, new: those of the zygote know what kind of file they were opened on."""
    sys.stdin = sys.__stdin__ = stream(0, "r", "surrogateescape")
    sys.stdout = sys.__stdout__ = stream(1, "w", "surrogateescape")
    sys.stderr = sys.__stderr__ = stream(2, "w", "backslashreplace")


def stream(fd: int, mode: str, errors: str) -> io.TextIOWrapper:
    return io.TextIOWrapper(open(fd, mode + "b", closefd=False), "utf-8", errors, line_buffering=fd == 2)


def isolate(host: socket.socket) -> int:
    """Move into new namespaces. Returns, in the first process there, a descriptor of its pid namespace."""
    with open("/proc/self/oom_score_adj", "w") as file:
        file.write("1000")  # if memory runs out, a model's program goes first, not the trainer
    kernel.unshare(
        kernel.NEWUSER | kernel.NEWNS | kernel.NEWPID | kernel.NEWNET | kernel.NEWIPC | kernel.NEWUTS | kernel.NEWCGROUP
    )
    kernel.die_with_parent()
    host.send(b'{"unshared": true}')
    if not host.recv(16):
        os._exit(0)
    pid = os.fork()
    if pid:
        host.close()
        os.waitpid(pid, 0)
        os._exit(0)
    kernel.die_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # which the first process of a namespace does not feel
    return os.open("/proc/self/ns/pid", os.O_RDONLY)


def build_root(packages: list[str], tools: list[str]) -> None:
    """A root of our own: nothing in it but what Python and the tools need, and nothing to write to."""
    kernel.make_private()
    if sys.base_prefix.startswith(("/tmp/", "/proc/", "/dev/")):
        raise OSError(f"Python is in {sys.base_prefix}, where each program has its own files")
    shown = {path: path for path in sources(tools) if os.path.exists(path)}
    shown |= {path: os.path.join(PACKAGES, os.path.basename(path)) for path in packages}
    trees = [(target.lstrip("/"), os.path.isdir(path), kernel.clone_tree(path)) for path, target in shown.items()]
    hidden = [path for path in package_folders() if os.path.isdir(path)]
    kernel.mount("tmpfs", "/tmp", kernel.NOSUID | kernel.NODEV, "size=1m,mode=755")
    os.chdir("/tmp")
    os.umask(0o022)
    for target, is_folder, tree in trees:
        os.makedirs(target if is_folder else os.path.dirname(target), exist_ok=True)
        if not is_folder:
            open(target, "a").close()
        kernel.attach(tree, target)
    for path in hidden:
        kernel.mount("tmpfs", path.lstrip("/"), kernel.RDONLY | kernel.NOSUID | kernel.NODEV, "size=4k,mode=755")
    for folder in ("tmp", "proc"):
        os.mkdir(folder)
    check_proc()
    for name, target in LINKS.items():
        os.symlink(STDIN_COPY if tools and name == "stdin" and not _has_proc else target, f"dev/{name}")
    kernel.enter_root(".")
    kernel.make_read_only("/")


def sources(tools: list[str]) -> list[str]:
    """The paths of the host that are seen inside, read-only, in this order."""
    system = [*LIBRARIES, "/etc/ld.so.cache", "/usr/share/zoneinfo"]
    python = [os.path.join(sys.base_prefix, "lib"), os.path.dirname(os.__file__), os.path.realpath(sys.executable)]
    return list(dict.fromkeys([*system, *python, *tools, *(f"/dev/{name}" for name in DEVICES)]))


def package_folders() -> list[str]:
    """Folders of installed packages among the sources, every Python's and node's: not the program's business."""
    libraries = dict.fromkeys([*LIBRARIES, os.path.dirname(os.path.dirname(os.__file__))])
    pythons = [
        os.path.join(library, name)
        for library in filter(os.path.isdir, libraries)
        for name in os.listdir(library)
        if name.startswith("python3")
    ]
    python = [os.path.join(folder, name) for folder in pythons for name in ("site-packages", "dist-packages")]
    return [*python, *(os.path.join(library, "node_modules") for library in libraries)]


def check_proc() -> None:
    """Whether the kernel lets us mount a /proc: it does not where a container hides parts of its own. The one
    mounted here must stay, below each program's: without it the kernel refuses theirs."""
    global _has_proc
    try:
        mount_proc("proc")
    except PermissionError:
        _has_proc = False


def mount_proc(target: str) -> None:
    flags = kernel.RDONLY | kernel.NOSUID | kernel.NODEV | kernel.NOEXEC
    kernel.mount("proc", target, flags, "subset=pid,hidepid=invisible")


def mount_scratch() -> None:
    """What is the program's own: /tmp, and /proc."""
    options = f"size={SCRATCH_BYTES},nr_inodes={SCRATCH_FILES},mode=700,uid={USER},gid={USER}"
    kernel.mount("tmpfs", "/tmp", kernel.NOSUID | kernel.NODEV | kernel.NOEXEC, options)
    if _has_proc:
        mount_proc("/proc")
    os.chdir("/tmp")
