"""Doing several slow steps at the same time, such that Ctrl-C need not wait for any of them."""

import threading
from collections.abc import Callable

Step = Callable[[], None]


def in_parallel(*steps: Step) -> None:
    """Return when all steps have ended; the first error is raised at once."""
    errors: list[BaseException] = []

    def attempt(step: Step) -> None:
        try:
            step()
        except BaseException as error:  # noqa: BLE001 - raised again by the caller's thread
            errors.append(error)

    threads = [threading.Thread(target=attempt, args=(step,), daemon=True) for step in steps]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads) and not errors:
        threads[0].join(0.05)
        threads.append(threads.pop(0))
    if errors:
        raise errors[0]
