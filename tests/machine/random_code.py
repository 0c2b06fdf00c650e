"""Random coroutines, async generators and generators, out of all that can suspend or leap."""

from __future__ import annotations

import random
from dataclasses import dataclass

NAMES = ("a", "b", "c", "d")
TESTS = ("0", "1", "__debug__", "not 0", "None", "()")


@dataclass
class Writer:
    """Writes statements of one function; what is allowed depends on where it stands."""

    choose: random.Random
    is_async: bool
    yields: bool
    returns_value: bool = True

    def name(self) -> str:
        return self.choose.choice(NAMES)

    def expr(self, depth: int) -> str:
        """Return an expression in brackets, so that it can stand anywhere."""
        if depth <= 0:
            return self.name()
        x, y, z = (self.expr(depth - 1 - self.choose.randrange(2)) for _ in range(3))
        n, m = self.name(), self.name()
        forms = [f"{x}({y}, k={z})", f"{x}[{y}:{z}]", f"[{x}, *{y}]", f"{{{x}: {y}}}", f"({x} + {y}).c", "1"]
        forms += [f"({x} and {y})", f"({x} or {y} or {z})", f"(not {x})", f"({x} if {y} else {z})"]
        forms += [f"({x} < {y} < {z})", f"({n} := {x})", f"(lambda: {n})", f"[{n} for x in {m}]"]
        forms += [self.choose.choice(TESTS).join("()")]
        if self.is_async:
            forms += [f"(await {x})"] * 6
            forms += [f"[await x for x in {n} if {m}]", f"{{x async for x in {n}}}", f"f'{{await {n}!r}}'"]
        if self.yields:
            # The compiler copies a block of up to four instructions that ends the frame, such as the yield in
            # `return (yield (a if b else c))`. Nobody writes that; the call keeps the random code from it.
            forms += [f"(yield f([{x}]))"] * 4
        return self.choose.choice(forms)

    def test(self) -> str:
        plain = self.choose.random() < 0.2
        return self.choose.choice(TESTS) if plain else self.expr(2)

    def block(self, depth: int, in_loop: bool, in_star: bool = False) -> list[str]:
        lines: list[str] = []
        for _ in range(self.choose.randint(1, 3)):
            lines += self.statement(depth, in_loop, in_star)
        return ["    " + line for line in lines]

    def statement(self, depth: int, in_loop: bool, in_star: bool) -> list[str]:
        if depth <= 0 or self.choose.random() < 0.35:
            return [self.simple(in_loop, in_star)]
        kind = self.choose.choice(["if", "while", "for", "try", "try", "with", "match"])
        return [*getattr(self, f"_{kind}")(depth - 1, in_loop, in_star)]

    def simple(self, in_loop: bool, in_star: bool) -> str:
        x = self.expr(2)
        forms = [x, f"{self.name()} = {x}", f"a.b = {x}", f"{self.name()} += {x}", "pass", f"raise a({x})"]
        forms += [f"assert {self.test()}, {x}"]
        forms += ["break", "continue"] if in_loop else []
        if not in_star:  # except* does not let its body return, nor leave a loop around it
            forms += [f"return {x}" if self.returns_value else "return"] * 2
        return self.choose.choice(forms)

    def _if(self, depth: int, in_loop: bool, in_star: bool) -> list[str]:
        lines = [f"if {self.test()}:", *self.block(depth, in_loop, in_star)]
        if self.choose.random() < 0.4:
            lines += [f"elif {self.test()}:", *self.block(depth, in_loop, in_star)]
        if self.choose.random() < 0.5:
            lines += ["else:", *self.block(depth, in_loop, in_star)]
        return lines

    def _while(self, depth: int, in_loop: bool, in_star: bool) -> list[str]:
        head = f"while {self.test()}:"
        return [head, *self.block(depth, True, in_star), *self._else(depth, in_loop, in_star)]

    def _for(self, depth: int, in_loop: bool, in_star: bool) -> list[str]:
        word = "async for" if self.is_async and self.choose.random() < 0.6 else "for"
        head = f"{word} {self.name()} in {self.expr(1)}:"
        return [head, *self.block(depth, True, in_star), *self._else(depth, in_loop, in_star)]

    def _else(self, depth: int, in_loop: bool, in_star: bool) -> list[str]:
        return ["else:", *self.block(depth, in_loop, in_star)] if self.choose.random() < 0.3 else []

    def _with(self, depth: int, in_loop: bool, in_star: bool) -> list[str]:
        word = "async with" if self.is_async and self.choose.random() < 0.7 else "with"
        items = [f"{self.expr(1)} as {self.name()}" for _ in range(self.choose.randint(1, 2))]
        return [f"{word} {', '.join(items)}:", *self.block(depth, in_loop, in_star)]

    def _match(self, depth: int, in_loop: bool, in_star: bool) -> list[str]:
        guard = f" if {self.test()}" if self.choose.random() < 0.5 else ""
        pattern = self.choose.choice(["1", "[x, *y]", "a(b=1) | 2", "{'k': v}", "str()"])
        lines = [f"match {self.expr(1)}:", f"    case {pattern}{guard}:"]
        lines += ["    " + line for line in self.block(depth, in_loop, in_star)]
        if self.choose.random() < 0.5:
            lines += ["    case _:", *("    " + line for line in self.block(depth, in_loop, in_star))]
        return lines

    def _try(self, depth: int, in_loop: bool, in_star: bool) -> list[str]:
        lines = ["try:", *self.block(depth, in_loop, in_star)]
        star = self.choose.random() < 0.2
        handlers = self.choose.randint(0, 2)
        for _ in range(handlers):
            named = " as e" if self.choose.random() < 0.5 else ""
            lines.append(f"except{'*' * star} {self.name()}{named}:")
            lines += self.block(depth, in_loop and not star, star or in_star)
        if handlers and self.choose.random() < 0.4:
            lines += ["else:", *self.block(depth, in_loop, in_star)]
        if not handlers or self.choose.random() < 0.5:
            lines += ["finally:", *self.block(depth, in_loop, in_star)]
        return lines


def random_function(seed: int) -> str:
    """Return the source of one function, the same for the same seed."""
    choose = random.Random(seed)
    is_async = choose.random() < 0.8
    yields = not is_async or choose.random() < 0.25
    writer = Writer(choose, is_async, yields, returns_value=not (is_async and yields))
    head = f"{'async ' if is_async else ''}def f(a, b, c):"
    first = ["    await a"] * is_async + ["    yield"] * yields
    return "\n".join([head, *first, *writer.block(3, False)]) + "\n"
