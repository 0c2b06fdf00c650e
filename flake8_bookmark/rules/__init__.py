"""The rules, in the order of their codes.

A rule is a file: its docstring is the page, `RULE` at its end is the rule. `tools/new_rule.py` adds one.
"""

from __future__ import annotations

from collections.abc import Iterator

from flake8_bookmark.finding import Finding
from flake8_bookmark.rules import (
    async_in_name,
    awaited_arguments,
    awaited_at_once,
    awaited_twice,
    awaits_in_loop,
    awaits_in_row,
    blocking_database,
    blocking_file,
    blocking_network,
    blocking_path,
    blocking_person,
    blocking_process,
    blocking_sleep,
    blocking_thread,
    broken_promise,
    busy_waiting,
    cancel_swallowed,
    check_then_act,
    coroutine_as_callback,
    coroutine_as_result,
    database_in_callback,
    database_in_helper,
    deaf_work,
    draining_loop,
    dropped_task,
    endless_loop,
    event_loop_in_callback,
    event_loop_in_helper,
    file_in_callback,
    file_in_helper,
    forgotten_coroutine,
    generator_left_early,
    heavy_call,
    heavy_helper,
    idle_timeout,
    internal_fault,
    left_dirty,
    lock_taken_again,
    long_loop,
    lost_update,
    moving_collection,
    nested_event_loop,
    network_in_callback,
    network_in_helper,
    never_awaited,
    never_side_by_side,
    one_task_per_round,
    open_transaction,
    path_in_callback,
    path_in_helper,
    person_in_callback,
    person_in_helper,
    process_in_callback,
    process_in_helper,
    queue_at_a_lock,
    silent_awaits,
    sleep_in_callback,
    sleep_in_helper,
    task_in_local,
    thread_in_callback,
    thread_in_helper,
    thread_lock_held,
    threads_for_computing,
    unknown_size,
    unseen_errors,
    unshielded_cleanup,
    unused_waiver,
    yield_in_scope,
)
from flake8_bookmark.rules.model import Rule, Subject

ALL: tuple[Rule, ...] = (
    blocking_sleep.RULE,  # BKM101
    blocking_network.RULE,  # BKM102
    blocking_database.RULE,  # BKM103
    blocking_process.RULE,  # BKM104
    blocking_file.RULE,  # BKM105
    blocking_path.RULE,  # BKM106
    blocking_thread.RULE,  # BKM107
    nested_event_loop.RULE,  # BKM108
    blocking_person.RULE,  # BKM109
    sleep_in_helper.RULE,  # BKM111
    network_in_helper.RULE,  # BKM112
    database_in_helper.RULE,  # BKM113
    process_in_helper.RULE,  # BKM114
    file_in_helper.RULE,  # BKM115
    path_in_helper.RULE,  # BKM116
    thread_in_helper.RULE,  # BKM117
    event_loop_in_helper.RULE,  # BKM118
    person_in_helper.RULE,  # BKM119
    sleep_in_callback.RULE,  # BKM121
    network_in_callback.RULE,  # BKM122
    database_in_callback.RULE,  # BKM123
    process_in_callback.RULE,  # BKM124
    file_in_callback.RULE,  # BKM125
    path_in_callback.RULE,  # BKM126
    thread_in_callback.RULE,  # BKM127
    event_loop_in_callback.RULE,  # BKM128
    person_in_callback.RULE,  # BKM129
    endless_loop.RULE,  # BKM201
    heavy_call.RULE,  # BKM202
    long_loop.RULE,  # BKM203
    silent_awaits.RULE,  # BKM204
    unknown_size.RULE,  # BKM205
    draining_loop.RULE,  # BKM206
    heavy_helper.RULE,  # BKM212
    dropped_task.RULE,  # BKM301
    task_in_local.RULE,  # BKM302
    never_awaited.RULE,  # BKM303
    coroutine_as_result.RULE,  # BKM304
    coroutine_as_callback.RULE,  # BKM305
    forgotten_coroutine.RULE,  # BKM306
    unseen_errors.RULE,  # BKM307
    generator_left_early.RULE,  # BKM308
    awaited_twice.RULE,  # BKM309
    awaited_at_once.RULE,  # BKM401
    awaited_arguments.RULE,  # BKM402
    never_side_by_side.RULE,  # BKM403
    async_in_name.RULE,  # BKM404
    awaits_in_row.RULE,  # BKM405
    awaits_in_loop.RULE,  # BKM406
    one_task_per_round.RULE,  # BKM407
    threads_for_computing.RULE,  # BKM408
    queue_at_a_lock.RULE,  # BKM409
    thread_lock_held.RULE,  # BKM501
    lost_update.RULE,  # BKM502
    check_then_act.RULE,  # BKM503
    moving_collection.RULE,  # BKM504
    open_transaction.RULE,  # BKM505
    lock_taken_again.RULE,  # BKM506
    left_dirty.RULE,  # BKM507
    broken_promise.RULE,  # BKM508
    cancel_swallowed.RULE,  # BKM601
    unshielded_cleanup.RULE,  # BKM602
    idle_timeout.RULE,  # BKM603
    yield_in_scope.RULE,  # BKM604
    busy_waiting.RULE,  # BKM605
    deaf_work.RULE,  # BKM606
    internal_fault.RULE,  # BKM900
    unused_waiver.RULE,  # BKM901
)
OF_ALL_FUNCTIONS = tuple(rule for rule in ALL if not rule.coroutines_only)


def findings_of(subject: Subject) -> Iterator[Finding]:
    """Yield what the rules say of a function."""
    for rule in ALL if subject.is_loop_code else OF_ALL_FUNCTIONS:
        yield from rule.check(subject)
