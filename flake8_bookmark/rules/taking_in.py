"""BKM205: data of a size that nobody knows is parsed or hashed."""

from __future__ import annotations

from collections.abc import Iterator

from flake8_bookmark.effects.model import Effect, Kind
from flake8_bookmark.finding import Finding, Level
from flake8_bookmark.names.terms import (
    AttributeTerm,
    AwaitTerm,
    BinaryTerm,
    CallTerm,
    ConstantTerm,
    DisplayTerm,
    NameTerm,
    SubscriptTerm,
    Term,
    unannotated,
)
from flake8_bookmark.project.modules import Frame
from flake8_bookmark.project.values import Instance, is_first_party
from flake8_bookmark.rules.blocking import describe
from flake8_bookmark.rules.model import Subject, Wait

MOST_HOPS = 4
TAKING_IN = (
    *("pars", "hash", "pickl", "JSON", "YAML", "decod", "data", "decompress", "unmarshal"),
    *("splitting", "token", "comparing", "fuzzy", "rendering", "matrix", "distances", "clustering", "inference"),
)
MESSAGES = ("JSON", "YAML", "TOML", "pickl", "parsing Python")
"""Formats of messages, settings and cached objects: mostly a few kilobytes, unless a whole file or body is taken."""

SAME_DATA = frozenset({"decode", "encode", "strip", "lstrip", "rstrip", "replace", "removeprefix"})
WHOLE = frozenset(
    {
        "aiohttp.ClientResponse.read", "aiohttp.ClientResponse.text", "aiohttp.web.BaseRequest.read",
        "aiohttp.web.BaseRequest.text", "aiohttp.BodyPartReader.read", "aiohttp.BodyPartReader.text",
        "anyio.Path.read_bytes", "anyio.Path.read_text", "django.http.HttpRequest.body", "django.http.HttpRequest.read",
        "fastapi.UploadFile.read", "flask.Request.data", "flask.Request.get_data", "http.client.HTTPResponse.read",
        "httpx.Response.aread", "httpx.Response.content", "httpx.Response.read", "httpx.Response.text",
        "io.BytesIO.getvalue", "io.StringIO.getvalue", "pathlib.Path.read_bytes", "pathlib.Path.read_text",
        "quart.Request.get_data", "requests.Response.content", "requests.Response.text",
        "starlette.datastructures.UploadFile.read", "starlette.requests.Request.body",
        "tornado.httpclient.HTTPResponse.body", "tornado.httputil.HTTPServerRequest.body",
    }
)  # fmt: skip
"""What gives a whole file, or the whole body of a request or response: others decide how large that is."""


def unknown_size(subject: Subject) -> Iterator[Finding]:
    """The coroutine parses or hashes data of a size that nobody knows, by itself or in the helper that it calls."""
    if subject.context.is_test or not subject.options.hints:
        return
    for wait in subject.waits:
        if len(wait.hit.trace) <= 1 and _is_parsing(wait.hit.effect) and _may_be_large(wait, subject):
            message = describe(wait, subject).replace("computes for long", "takes as long as its data is large")
            yield subject.finding("BKM205", wait.fact, message, Level.HINT, "unknown-size", wait.hit.trace)


def _is_parsing(effect: Effect) -> bool:
    """Tell whether an effect is one of data that somebody else made: formatting and copying are not."""
    if effect.kind is not Kind.COMPUTE or effect.level is not Level.HINT or effect.element:
        return False
    return "dump" not in effect.name and any(word in effect.cause for word in TAKING_IN)


def _may_be_large(wait: Wait, subject: Subject) -> bool:
    """Tell whether a call takes in what others made as large as they liked.

    What parses messages does so if a whole file or body is handed to it, as does a helper that hashes. Hashes and
    formats of documents and tables do unless what they get is written down here.
    """
    term, cause = wait.fact.term, wait.hit.effect.cause
    if wait.helper is not None and not any(word in cause for word in (*MESSAGES, "hash")):
        return True
    if wait.helper is not None or any(word in cause for word in MESSAGES):
        return isinstance(term, CallTerm) and any(_is_whole(a, subject.frame, subject, 0) for a in term.given)
    if not isinstance(term, CallTerm) or ("hash" in cause and not term.given):
        return not isinstance(term, CallTerm)
    return not any(_is_small(a, subject.frame, subject, 0) for a in term.arguments[:1])


def _is_whole(term: Term, frame: Frame, subject: Subject, depth: int) -> bool:
    """Tell whether a term is all that a file, a request or a response holds."""
    match term:
        case AwaitTerm(value=value):
            return _is_whole(value, frame, subject, depth)
        case CallTerm(callee=AttributeTerm(value=value, name=name)) if name in SAME_DATA:
            return _is_whole(value, frame, subject, depth)
        case CallTerm(callee=AttributeTerm() as callee, arguments=()):
            return _gives_whole(callee, frame, subject)
        case AttributeTerm():
            return _gives_whole(term, frame, subject)
        case NameTerm(scope="local") if depth < MOST_HOPS:
            return any(_is_whole(bound, owner, subject, depth + 1) for bound, owner in _bound(term, frame))
    return False


def _gives_whole(term: AttributeTerm, frame: Frame, subject: Subject) -> bool:
    resolver = subject.summaries.resolver
    for value in resolver.resolve(term.value, frame):
        if isinstance(value, Instance) and not is_first_party(value.cls):
            names = {f"{resolver.catalogue.canonical(c)}.{term.name}" for c in resolver.library.mro(value.cls)}
            if names & WHOLE:
                return True
    return False


def _is_small(term: Term, frame: Frame, subject: Subject, depth: int) -> bool:
    """Tell whether data is written down here, or a text that is only now made into bytes: a key, a password."""
    match term:
        case ConstantTerm() | DisplayTerm():
            return True
        case CallTerm(callee=AttributeTerm(value=value, name="encode" | "join" | "format" | "isoformat")):
            return not _is_whole(value, frame, subject, depth)
        case CallTerm(callee=NameTerm(id="str" | "repr" | "int" | "float" | "bool" | "bytes")):
            return True
        case BinaryTerm(left=left, right=right):
            return _is_small(left, frame, subject, depth) and _is_small(right, frame, subject, depth)
        case SubscriptTerm():
            return True
        case NameTerm(scope="local") if depth < MOST_HOPS:
            bound = _bound(term, frame)
            return bool(bound) and all(_is_small(value, owner, subject, depth + 1) for value, owner in bound)
    return False


def _bound(term: NameTerm, frame: Frame) -> list[tuple[Term, Frame]]:
    """Return what the bindings of a local name bind, with the function that they belong to."""
    owner = frame.sibling(term.owner) if term.owner else frame
    return [(unannotated(owner.function.bindings[n].term), owner) for n in term.bindings]
