"""All files of a run, on as many processors as there are; the results are the same for any number of them.

Neighbouring files are checked together, because they import the same modules, and what is learned from a module is
learned once per process.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from flake8_bookmark.gate.files import Examiner, FileResult, Place
from flake8_bookmark.gate.settings import Settings

if TYPE_CHECKING:
    from concurrent.futures import Future

CHUNKS_PER_JOB = 6
LARGEST_CHUNK = 64
# Starting a process costs more than a few files do.
FEWEST_FILES = 12
Watcher = Callable[[int, int], None]

_examiner: Examiner | None = None


class RunBroken(Exception):
    """The run ended without a result; the text says why."""


def examine_all(places: Sequence[Place], settings: Settings, watch: Watcher | None = None) -> list[FileResult]:
    """Return the results in the order of `places`; `watch` is told how many files are done, and of how many."""
    jobs = min(settings.jobs, max(1, len(places) // FEWEST_FILES))
    chunks = list(chunked(places, jobs))
    found = one_process(chunks, settings) if jobs == 1 else many_processes(chunks, settings, jobs)
    results: dict[int, list[FileResult]] = {}
    done = 0
    for number, chunk in found:
        results[number] = chunk
        done += len(chunk)
        if watch is not None:
            watch(done, len(places))
    return [result for number in sorted(results) for result in results[number]]


def chunked(places: Sequence[Place], jobs: int) -> Iterator[list[Place]]:
    size = max(1, min(LARGEST_CHUNK, len(places) // (jobs * CHUNKS_PER_JOB)))
    for start in range(0, len(places), size):
        yield list(places[start : start + size])


def one_process(chunks: Sequence[list[Place]], settings: Settings) -> Iterator[tuple[int, list[FileResult]]]:
    examiner = Examiner(settings)
    for number, chunk in enumerate(chunks):
        yield number, [examiner.examine(place) for place in chunk]


def many_processes(
    chunks: Sequence[list[Place]], settings: Settings, jobs: int
) -> Iterator[tuple[int, list[FileResult]]]:
    """Yield the results as they come. A pool of this kind notices when a worker is killed, and says so."""
    from concurrent.futures import ProcessPoolExecutor, as_completed
    from concurrent.futures.process import BrokenProcessPool

    with ProcessPoolExecutor(jobs, initializer=begin_worker, initargs=(settings,)) as pool:
        numbers: dict[Future[list[FileResult]], int] = {
            pool.submit(examine_chunk, chunk): number for number, chunk in enumerate(chunks)
        }
        try:
            for future in as_completed(numbers):
                yield numbers[future], future.result()
        except BrokenProcessPool as error:
            raise RunBroken("a worker process was ended from outside, perhaps for lack of memory; try -j1") from error
        except BaseException:
            # Only here: a pool that nobody waits for may still be closing its pipes when Python ends.
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def begin_worker(settings: Settings) -> None:
    """Prepare a worker; the parent alone answers to Ctrl-C, by ending the workers, and none outlives it."""
    import signal
    import threading

    global _examiner
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=end_with_parent, daemon=True).start()
    _examiner = Examiner(settings)


def end_with_parent() -> None:
    """End this process when its parent is gone: a worker would wait for its next files for ever."""
    import multiprocessing
    import os

    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def examine_chunk(chunk: list[Place]) -> list[FileResult]:
    assert _examiner is not None
    return [_examiner.examine(place) for place in chunk]
