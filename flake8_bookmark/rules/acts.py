"""What a round of a loop does for its effect alone, where the effects of several rounds may come in any order.

The text of an unknown library doesn't tell what an effect is. So what is done is judged by the first word of its name,
and by what it is done to: the item itself, what was got for it, or what it names.
"""

from __future__ import annotations

import ast
from functools import cached_property
from typing import TypeGuard

from flake8_bookmark.effects.model import Place
from flake8_bookmark.facts.expressions import site_of, written
from flake8_bookmark.facts.model import CallFact
from flake8_bookmark.flow.rounds import Round, names_in, path_of, root_of
from flake8_bookmark.names.terms import AttributeTerm
from flake8_bookmark.project.conduct import Conduct
from flake8_bookmark.project.values import Instance, Method, is_first_party
from flake8_bookmark.rules.model import Subject
from flake8_bookmark.rules.sequences import first_word, is_together, may_have_order

ACTS_BY_KEY = frozenset(
    {"delete", "remove", "drop", "discard", "purge", "unlink", "evict", "revoke", "invalidate", "adelete", "aremove"}
    | {"upload", "upsert", "index", "store", "persist", "save", "download", "prefetch", "refresh", "sync"}
    | {"subscribe", "unsubscribe", "unregister", "cancel", "restart"}
)
"""First words of what is done to one thing, or under one key, and comes to the same in any order for several."""
PUTS = frozenset({"set", "put", "aset", "aput"})
SENDS = frozenset({"notify", "invite", "kick", "ban"})
"""First words of what is done to the first of several arguments: to whom something is sent, where something is put."""
RENEWALS = frozenset({"refresh", "reload", "update", "sync", "synchronize", "poll", "persist", "flush", "teardown"})
"""First words of what one thing does for itself: it asks how it is, or puts away what it has."""
SETS = frozenset({"builtins.set", "builtins.frozenset"})
ENDINGS = frozenset(
    {"close", "aclose", "disconnect", "stop", "shutdown", "terminate", "wait_closed", "cleanup", "logout", "dispose"}
    | {"destroy", "kill", "quit", "abort"}
)
"""What ends one thing, and no other: `await channel.aclose()`."""
ORDERED = frozenset({"reversed", "sorted"})
COPIES = frozenset({"list", "tuple"})


class Acts:
    """Answers about what one round awaits without looking at the answer."""

    def __init__(self, rounds: Round, subject: Subject) -> None:
        self.round = rounds
        self.subject = subject
        self.sharing = subject.summaries.sharing

    def _conduct(self, call: ast.Call, fact: CallFact) -> Conduct:
        return self.sharing.of_call(call, fact, self.subject.frame, self.round.own)

    def has_no_order(self, call: ast.Call, fact: CallFact, may_fail: bool) -> bool:
        """Tell whether what a call does may as well come before or after what other rounds do."""
        if self._is_of_item(call, fact) or self._ends_item(call) or self._stays_with_item(call, fact, may_fail):
            return True
        return self._renews_item(call, fact) or self.acts_by_key(call, fact) or self._acts_on_part(call, fact)

    def ends_by_key(self, call: ast.Call) -> bool:
        """Tell whether a call ends what the item is the key of: `await self.stop_server(name)`."""
        name = written(call.func).rpartition(".")[2].strip("_").removeprefix("async_")
        is_key = len(call.args) == 1 and not call.keywords and self.is_item(call.args[0])
        return is_key and name.partition("_")[0] in ENDINGS

    def _is_of_item(self, call: ast.Call, fact: CallFact) -> bool:
        """Tell whether a call only acts on a connection that is the item itself: `await client.send_text(news)`."""
        term = getattr(fact.term, "callee", None)
        if not isinstance(call.func, ast.Attribute) or not isinstance(term, AttributeTerm):
            return False
        values = self.subject.summaries.resolver.resolve(term.value, self.subject.frame)
        return self.is_item(call.func.value) and self.sharing.together(values) is not None

    def _stays_with_item(self, call: ast.Call, fact: CallFact, may_fail: bool) -> bool:
        """Tell whether a method of the item, an object of the project, changes nothing but the item itself.

        What it awaits must be known, unless the next round begins also where this one fails.
        """
        if self.is_ordered or not isinstance(call.func, ast.Attribute) or may_have_order(call.func.attr):
            return False
        if not self.is_item(call.func.value):
            return self._is_handed_of_item(call, fact)
        callees = self.subject.summaries.targets.callees(fact, self.subject.frame)
        if not callees or not all(isinstance(c, Method) and is_first_party(c.name) for c in callees):
            return False
        conduct = self._conduct(call, fact)
        return (conduct.known or may_fail or conduct.fills_itself) and conduct.stays_inside

    def _is_handed_of_item(self, call: ast.Call, fact: CallFact) -> bool:
        """Tell whether a worker is given a method of the item: `await asyncio.to_thread(path.unlink)`."""
        methods = [a for a in call.args if isinstance(a, ast.Attribute) and self.is_item(a.value)]
        frame = self.subject.frame
        is_handed = any(True for _ in self.subject.summaries.handed(fact, frame, Place.WORKER))
        if not is_handed or len(methods) != 1 or may_have_order(methods[0].attr):
            return False
        return self.sharing.of_call(call, fact, frame, self.round.own).stays_inside

    def _ends_item(self, call: ast.Call) -> bool:
        """Tell whether a call ends the item itself, of many that nobody has put into an order."""
        if not isinstance(call.func, ast.Attribute) or not _says_little(call):
            return False
        name = call.func.attr.strip("_").removeprefix("async_").removesuffix("_async")
        return not self.is_ordered and name in ENDINGS and self._is_of_round(call.func.value)

    def _renews_item(self, call: ast.Call, fact: CallFact) -> bool:
        """Tell whether a call has the item itself ask how it is, or put away what it has: `await device.refresh()`."""
        if not isinstance(call.func, ast.Attribute) or not _says_little(call):
            return False
        if self.is_ordered or first_word(call) not in RENEWALS or not self._is_of_round(call.func.value):
            return False
        return self._conduct(call, fact).stays_inside

    def _is_of_round(self, node: ast.expr) -> TypeGuard[ast.Name]:
        """Tell whether an object is the item, or was got for it: `store = await stores.open(name)`."""
        return isinstance(node, ast.Name) and node.id in self.round.items & self.round.own

    @cached_property
    def _is_of_set(self) -> bool:
        iterable = self.round.node.iter
        while isinstance(iterable, ast.Call) and written(iterable.func) in COPIES and len(iterable.args) == 1:
            iterable = iterable.args[0]
        place = site_of(iterable)
        facts = (f for f in self.subject.frame.function.calls if f.form in ("iterate", "call") and f.site == place)
        resolve = self.subject.summaries.resolver.resolve
        values = [v for fact in facts for v in resolve(fact.term, self.subject.frame)]
        return bool(values) and all(isinstance(v, Instance) and v.cls in SETS for v in values)

    def _acts_on_part(self, call: ast.Call, fact: CallFact) -> bool:
        """Tell whether a call does something to a part of a set, which has no order: `await listener(event)`."""
        path = path_of(call.func.value if isinstance(call.func, ast.Attribute) else call.func)
        if path is None or root_of(path) not in self.round.items & self.round.own or not self._is_of_set:
            return False
        return self._conduct(call, fact).stays_inside

    def acts_by_key(self, call: ast.Call, fact: CallFact) -> bool:
        """Tell whether a call does something to what the item names: `await store.delete(key)`.

        Done to different things, it comes to the same in any order.
        """
        given = [*call.args, *(keyword.value for keyword in call.keywords)]
        word = first_word(call)
        if word in PUTS | SENDS:
            is_act = len(given) > 1 and self.round.reads_item(given[0])
        else:
            is_act = word in ACTS_BY_KEY | ENDINGS and any(self.round.reads_item(g) for g in given)
        receiver = call.func.value if isinstance(call.func, ast.Attribute) else None
        if not is_act or self.is_ordered or (receiver is not None and self.round.reads_item(receiver)):
            return False
        conduct = self._conduct(call, fact)
        return conduct.is_apart and not is_together(fact, self.subject)

    @property
    def is_ordered(self) -> bool:
        """Tell whether somebody has put the items into an order."""
        iterable = self.round.node.iter
        return isinstance(iterable, (ast.Tuple, ast.List)) or written(getattr(iterable, "func", iterable)) in ORDERED

    def is_item(self, node: ast.expr) -> TypeGuard[ast.Name]:
        return isinstance(node, ast.Name) and node.id in names_in(self.round.node.target)


def _says_little(call: ast.Call) -> bool:
    """Tell whether a call passes nothing but constants: `await browser.close(force=True)`."""
    return all(isinstance(g, ast.Constant) for g in (*call.args, *(keyword.value for keyword in call.keywords)))
