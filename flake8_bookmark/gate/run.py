"""All files of a run, on as many processors as there are; the results are the same for any number of them.

Neighbouring files are checked together, because they import the same modules, and what is learned from a module is
learned once per process.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from flake8_bookmark.gate.results import FileResult, Place
from flake8_bookmark.gate.settings import Settings
from flake8_bookmark.project.snapshot import Snapshot

if TYPE_CHECKING:
    from multiprocessing.sharedctypes import Synchronized
    from types import FrameType

    from flake8_bookmark.gate.files import Examiner

CHUNKS_PER_JOB = 6
LARGEST_CHUNK = 64
# Starting a process costs more than a few files do.
FEWEST_FILES = 12
# Seconds between two looks at how far the workers are.
STEP = 0.1
Watcher = Callable[[int, int], None]
Teller = Callable[[int], None]
Snapshots = Mapping[str, Snapshot]

_examiner: Examiner | None = None
_done: Synchronized[int] | None = None


class RunBroken(Exception):
    """The run ended without a result; the text says why."""


def examine_all(
    places: Sequence[Place], settings: Settings, watch: Watcher | None = None, snapshots: Snapshots | None = None
) -> list[FileResult]:
    """Return the results in the order of `places`; `watch` is told how many files are done, and of how many."""
    if not places:
        return []
    jobs = min(settings.jobs, max(1, len(places) // FEWEST_FILES))

    def tell(done: int) -> None:
        if watch is not None:
            watch(done, len(places))

    given = (settings, snapshots or {})
    return one_process(places, given, tell) if jobs == 1 else many_processes(places, given, jobs, tell)


def chunked(places: Sequence[Place], jobs: int) -> Iterator[list[Place]]:
    size = max(1, min(LARGEST_CHUNK, len(places) // (jobs * CHUNKS_PER_JOB)))
    for start in range(0, len(places), size):
        yield list(places[start : start + size])


def one_process(places: Sequence[Place], given: tuple[Settings, Snapshots], tell: Teller) -> list[FileResult]:
    from flake8_bookmark.gate.files import Examiner

    examiner = Examiner(*given)
    results = []
    for done, place in enumerate(places):
        tell(done)
        results.append(examiner.examine(place))
    return results


def many_processes(
    places: Sequence[Place], given: tuple[Settings, Snapshots], jobs: int, tell: Teller
) -> list[FileResult]:
    """Let a pool do the work; one of this kind notices when a worker is killed, and says so."""
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor, wait
    from concurrent.futures.process import BrokenProcessPool

    done = multiprocessing.Value("i", 0)
    pool = ProcessPoolExecutor(jobs, initializer=begin_worker, initargs=(done, *given))
    with noted_interrupts() as interrupts, pool:
        try:
            futures = [pool.submit(examine_chunk, chunk) for chunk in chunked(places, jobs)]
            while wait(futures, timeout=STEP).not_done:
                tell(done.value)
                if interrupts:
                    raise KeyboardInterrupt
            return [result for future in futures for result in future.result()]
        except BrokenProcessPool as error:
            raise RunBroken("a worker process was ended from outside, perhaps for lack of memory; try -j1") from error
        except BaseException:
            # The pool is left when its workers are gone; they would finish their files first.
            pool.shutdown(wait=False, cancel_futures=True)
            for worker in multiprocessing.active_children():
                worker.terminate()
            raise


@contextmanager
def noted_interrupts() -> Iterator[list[int]]:
    """Note the first Ctrl-C in a list, for a moment when nothing is half done; the second raises at once.

    An exception in the middle of a wait would leave locks of the pool taken, and its threads waiting for them for ever.
    """
    import signal
    import threading

    noted: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        noted.append(number)
        if len(noted) > 1:
            raise KeyboardInterrupt

    plain = signal.getsignal(signal.SIGINT) is signal.default_int_handler  # not ignored, and nobody else's
    if not plain or threading.current_thread() is not threading.main_thread():
        yield noted
        return
    signal.signal(signal.SIGINT, note)
    try:
        yield noted
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def begin_worker(done: Synchronized[int], settings: Settings, snapshots: Snapshots) -> None:
    """Prepare a worker; the parent alone answers to Ctrl-C, by ending the workers, and none outlives it."""
    import signal
    import threading

    from flake8_bookmark.gate.files import Examiner

    global _examiner, _done
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=end_with_parent, daemon=True).start()
    _examiner, _done = Examiner(settings, snapshots), done


def end_with_parent() -> None:
    """End this process when its parent is gone: a worker would wait for its next files for ever."""
    import multiprocessing
    import os

    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def examine_chunk(chunk: list[Place]) -> list[FileResult]:
    return [examine_one(place) for place in chunk]


def examine_one(place: Place) -> FileResult:
    assert _examiner is not None
    result = _examiner.examine(place)
    if _done is not None:
        with _done.get_lock():
            _done.value += 1
    return result
