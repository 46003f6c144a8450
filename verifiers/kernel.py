"""The kernel's calls that Python 3.11 does not have, for the sandbox: namespaces, mounts, capabilities, seccomp.

x86-64 and Linux 5.14 (for the mount calls, and for a count of processes per sandbox). Each call raises OSError
with its own name. Bubblewrap would save half of this file, but one that runs a zygote in fresh namespaces for
every program is not to be had from its command line, and it would be one more thing to install.
"""

import ctypes
import os
import platform
import signal
import struct

NEWNS, NEWCGROUP, NEWUTS, NEWIPC = 0x00020000, 0x02000000, 0x04000000, 0x08000000
NEWUSER, NEWPID, NEWNET = 0x10000000, 0x20000000, 0x40000000
RDONLY, NOSUID, NODEV, NOEXEC = 1, 2, 4, 8  # of mount(2), and the same bits of mount_setattr(2)
MNT_DETACH, MS_REC, MS_PRIVATE = 2, 1 << 14, 1 << 18
AT_FDCWD, AT_EMPTY_PATH, AT_RECURSIVE, OPEN_TREE_CLONE, MOVE_FROM_FD = -100, 0x1000, 0x8000, 1, 4
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS, PR_CAP_AMBIENT = 1, 4, 24, 38, 47
PR_CAP_AMBIENT_CLEAR_ALL = 4
CAPABILITY_VERSION_3 = 0x20080522
LAST_CAPABILITY = 63  # of all that the interface has room for; the kernel says EINVAL to those it lacks

AUDIT_ARCH_X86_64 = 0xC000003E
X32_BIT = 0x40000000  # the second set of calls on x86-64, which a list of numbers would not see
EPERM, EACCES, ENOSYS, EINVAL = 1, 13, 38, 22
CLONE, CLONE3, SOCKET, SECCOMP, AF_UNIX = 56, 435, 41, 317, 1
NEWEST = 450  # calls above this number are younger than this list
# fmt: off
DENIED = {
    # other processes
    "ptrace": 101, "process_vm_readv": 310, "process_vm_writev": 311, "process_madvise": 440, "kcmp": 312,
    "pidfd_getfd": 438,
    # namespaces, mounts, files by handle
    "unshare": 272, "setns": 308, "mount": 165, "umount2": 166, "pivot_root": 155, "chroot": 161, "open_tree": 428,
    "move_mount": 429, "fsopen": 430, "fsconfig": 431, "fsmount": 432, "fspick": 433, "mount_setattr": 442,
    "name_to_handle_at": 303, "open_by_handle_at": 304, "fanotify_init": 300, "quotactl": 179, "quotactl_fd": 443,
    # large, privileged or often broken parts of the kernel
    "bpf": 321, "perf_event_open": 298, "userfaultfd": 323, "io_uring_setup": 425, "io_uring_enter": 426,
    "io_uring_register": 427, "add_key": 248, "request_key": 249, "keyctl": 250, "modify_ldt": 154, "personality": 135,
    "lookup_dcookie": 212, "uselib": 134, "ustat": 136, "sysfs": 139, "nfsservctl": 180, "vhangup": 153,
    "mbind": 237, "set_mempolicy": 238, "migrate_pages": 256, "move_pages": 279, "set_mempolicy_home_node": 450,
    # the machine
    "kexec_load": 246, "kexec_file_load": 320, "create_module": 174, "init_module": 175, "finit_module": 313,
    "delete_module": 176, "reboot": 169, "swapon": 167, "swapoff": 168, "acct": 163, "syslog": 103, "iopl": 172,
    "ioperm": 173, "sethostname": 170, "setdomainname": 171, "settimeofday": 164, "clock_settime": 227,
    "adjtimex": 159, "clock_adjtime": 305,
    # memory that no limit of the sandbox counts
    "memfd_create": 319, "memfd_secret": 447,
}
# fmt: on
BPF_LOAD, BPF_EQUAL, BPF_AT_LEAST, BPF_ANY_BIT, BPF_RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
ALLOW, REFUSE, KILL = 0x7FFF0000, 0x00050000, 0x80000000
AT_NUMBER, AT_ARCH, AT_FIRST_ARGUMENT = 0, 4, 16  # in struct seccomp_data

_libc = ctypes.CDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long


def require() -> None:
    """OSError where these calls are not what this file takes them for."""
    release = tuple(int(part) for part in platform.release().split("-")[0].split(".")[:2])
    if platform.machine() != "x86_64" or release < (5, 14):
        raise OSError(ENOSYS, f"{platform.machine()}, Linux {platform.release()}: needs x86_64 and Linux 5.14")


def unshare(flags: int) -> None:
    _call("unshare", flags)


def setns(fd: int, flags: int) -> None:
    _call("setns", fd, flags)


def die_with_parent() -> None:
    """SIGKILL for this process when its parent ends. To be asked again after a change of user."""
    _call("prctl", PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def mount(kind: str, target: str, flags: int, options: str = "") -> None:
    _call("mount", kind.encode(), target.encode(), kind.encode(), ctypes.c_ulong(flags), options.encode())


def make_private() -> None:
    """No mount made from here on is seen outside this mount namespace, nor the other way round."""
    _call("mount", b"none", b"/", None, ctypes.c_ulong(MS_REC | MS_PRIVATE), None)


def clone_tree(path: str) -> int:
    """A read-only copy, as a descriptor, of what is mounted at path and below it."""
    tree = _syscall("open_tree", AT_FDCWD, path.encode(), OPEN_TREE_CLONE | AT_RECURSIVE | os.O_CLOEXEC)
    _set_attributes(tree, b"", RDONLY | NOSUID, AT_EMPTY_PATH | AT_RECURSIVE)
    return tree


def attach(tree: int, target: str) -> None:
    """Mount what clone_tree returned."""
    _syscall("move_mount", tree, b"", AT_FDCWD, target.encode(), MOVE_FROM_FD)
    os.close(tree)


def make_read_only(path: str) -> None:
    """The mount at path, but not those below it."""
    _set_attributes(AT_FDCWD, path.encode(), RDONLY | NOSUID | NODEV, 0)


def enter_root(folder: str) -> None:
    """Make a mounted folder the root, and let go of the old one."""
    os.chdir(folder)
    _syscall("pivot_root", b".", b".")
    _call("umount2", b".", MNT_DETACH)
    os.chdir("/")


def drop_privileges(user: int, groups: bool) -> None:
    """Become `user` for good: no capability, and no program that could give one back."""
    for capability in range(LAST_CAPABILITY + 1):
        try:
            _call("prctl", PR_CAPBSET_DROP, capability, 0, 0, 0)
        except OSError as error:
            if error.errno != EINVAL:
                raise
            break
    if groups:
        os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)
    _call("prctl", PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)
    _call("capset", struct.pack("=Ii", CAPABILITY_VERSION_3, 0), bytes(24))
    _call("prctl", PR_SET_DUMPABLE, 1, 0, 0, 0)  # a change of user hides a process's own /proc/self from it
    _call("prctl", PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)


def filter_calls() -> None:
    """Refuse, from here on and in all descendants, the calls a program has no honest use for."""
    program = b"".join(struct.pack("=HBBI", *step) for step in filter_program())
    buffer = ctypes.create_string_buffer(program)
    pointer = struct.pack("@HP", len(program) // 8, ctypes.addressof(buffer))
    _syscall("seccomp", 1, 0, pointer)


def filter_program() -> list[tuple[int, int, int, int]]:
    """The filter as steps of (code, steps to skip if true, steps to skip if false, value)."""
    refuse = (BPF_RETURN, 0, 0, REFUSE | EPERM)
    namespaces = NEWNS | NEWCGROUP | NEWUTS | NEWIPC | NEWUSER | NEWPID | NEWNET
    steps = [
        (BPF_LOAD, 0, 0, AT_ARCH),
        (BPF_EQUAL, 1, 0, AUDIT_ARCH_X86_64),
        (BPF_RETURN, 0, 0, KILL),
        (BPF_LOAD, 0, 0, AT_NUMBER),
        (BPF_AT_LEAST, 0, 1, X32_BIT),
        (BPF_RETURN, 0, 0, KILL),
        # Not EPERM: libc must believe that the kernel lacks them, and use the older call.
        (BPF_AT_LEAST, 1, 0, NEWEST + 1),
        (BPF_EQUAL, 0, 1, CLONE3),
        (BPF_RETURN, 0, 0, REFUSE | ENOSYS),
    ]
    for number in DENIED.values():
        steps += [(BPF_EQUAL, 0, 1, number), refuse]
    steps += [(BPF_EQUAL, 0, 3, CLONE), (BPF_LOAD, 0, 0, AT_FIRST_ARGUMENT), (BPF_ANY_BIT, 0, 1, namespaces), refuse]
    # After a clone the number is loaded again: what was loaded last is its flags.
    steps += [(BPF_LOAD, 0, 0, AT_NUMBER), (BPF_EQUAL, 0, 3, SOCKET), (BPF_LOAD, 0, 0, AT_FIRST_ARGUMENT)]
    return [*steps, (BPF_EQUAL, 1, 0, AF_UNIX), (BPF_RETURN, 0, 0, REFUSE | EACCES), (BPF_RETURN, 0, 0, ALLOW)]


def _set_attributes(fd: int, path: bytes, attributes: int, flags: int) -> None:
    _syscall("mount_setattr", fd, path, flags, struct.pack("=QQQQ", attributes, 0, 0, 0), 32)


def _call(name: str, *arguments: int | bytes | ctypes.c_ulong | None) -> int:
    ctypes.set_errno(0)
    result = getattr(_libc, name)(*arguments)
    if result < 0:
        raise OSError(ctypes.get_errno(), f"{name}: {os.strerror(ctypes.get_errno())}")
    return result


def _syscall(name: str, *arguments: int | bytes) -> int:
    number = {**DENIED, "seccomp": SECCOMP}[name]
    wide = [ctypes.c_long(value) if isinstance(value, int) else value for value in arguments]
    result = _libc.syscall(ctypes.c_long(number), *wide)
    if result < 0:
        raise OSError(ctypes.get_errno(), f"{name}: {os.strerror(ctypes.get_errno())}")
    return result
