"""How every command of the pipeline ends: well, or in one clear sentence.

A user's mistake (RecipeError, and what a reward or a verifier says of itself) is printed without a
traceback and exits with 2; a full disk with 28; ctrl-C with 130, with what was saved. Anything else is a
defect of ours and keeps its traceback.
"""

import errno
import os
import re
import sys
from collections.abc import Callable

from rewards.loader import RewardError

FULL = re.compile(r"No space left on device|inline_container.*iostream error", re.DOTALL)  # safetensors, torch.save


class RecipeError(ValueError):
    """Something the user can mend: a key, a path, a column, an empty data set. The message says what to do."""


def fail(sentence: str, status: int) -> None:
    """Prints one sentence to stderr and ends the process, engines and worker processes included."""
    print(f"\nerror: {' '.join(str(sentence).split())}", file=sys.stderr, flush=True)
    sys.stdout.flush()
    os._exit(status)  # vLLM's and the data loader's threads would keep a sys.exit waiting


def run(main: Callable[[], None]) -> None:
    """Runs a command's `main`; see the module for how it ends."""
    try:
        main()
    except (RecipeError, RewardError) as error:
        fail(str(error), 2)
    except KeyboardInterrupt:
        fail("stopped by ctrl-C; start the same command again and it goes on from the last checkpoint", 130)
    except Exception as error:
        if not disk_is_full(error):
            raise
        place = getattr(error, "filename", None) or "while saving"
        fail(f"no space left on the disk ({place}): free some and start the same command again", errno.ENOSPC)


def disk_is_full(error: BaseException) -> bool:
    """Whether a full disk is what ended it: torch and safetensors raise errors of their own, without an errno."""
    if isinstance(error, OSError):
        return error.errno == errno.ENOSPC
    return bool(FULL.search(f"{error} {error.__context__}"))
