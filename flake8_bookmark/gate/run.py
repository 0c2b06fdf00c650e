"""All files of a run, on as many processors as there are; the results are the same for any number of them.

Neighbouring files are checked together, because they import the same modules, and what is learned from a module is
learned once per process.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack

from flake8_bookmark.gate.files import Examiner, FileResult, Place
from flake8_bookmark.gate.settings import Settings

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
    """Yield the results as they come. A pool of this kind notices when a worker is killed, and says so.

    Each worker has a pool of its own, and so a stretch of neighbouring chunks, as far as these take equally long.
    """
    shares = Shares(len(chunks), jobs)
    with ExitStack() as stack:
        pools = [
            stack.enter_context(ProcessPoolExecutor(1, initializer=begin_worker, initargs=(settings,)))
            for _ in range(jobs)
        ]
        running: dict[Future[list[FileResult]], tuple[int, int]] = {}

        def give(worker: int) -> None:
            number = shares.take(worker)
            if number is not None:
                running[pools[worker].submit(examine_chunk, chunks[number])] = (worker, number)

        try:
            for worker in range(jobs):
                give(worker)
            while running:
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    worker, number = running.pop(future)
                    give(worker)
                    yield number, future.result()
        except BrokenProcessPool as error:
            raise RunBroken("a worker process was ended from outside, perhaps for lack of memory; try -j1") from error
        except BaseException:
            # Only here: a pool that nobody waits for may still be closing its pipes when Python ends.
            for pool in pools:
                pool.shutdown(wait=False, cancel_futures=True)
            raise


class Shares:
    """Which chunks are left for which worker: a stretch for each, from its front; who is done helps at another's end.

    Neighbouring files import the same modules, and what a worker has read of these it need not read again.
    """

    def __init__(self, count: int, jobs: int) -> None:
        self._left = [deque(range(count * n // jobs, count * (n + 1) // jobs)) for n in range(jobs)]

    def take(self, worker: int) -> int | None:
        """Return the number of the next chunk for a worker; None when all are taken."""
        if self._left[worker]:
            return self._left[worker].popleft()
        longest = max(self._left, key=len)
        return longest.pop() if longest else None


def begin_worker(settings: Settings) -> None:
    """Prepare a worker; the parent alone answers to Ctrl-C, by ending the workers."""
    import signal

    global _examiner
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _examiner = Examiner(settings)


def examine_chunk(chunk: list[Place]) -> list[FileResult]:
    assert _examiner is not None
    return [_examiner.examine(place) for place in chunk]
