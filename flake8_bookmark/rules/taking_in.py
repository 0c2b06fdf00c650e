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
    *("pars", "hash", "pickl", "JSON", "YAML", "decod", "dataset", "validating", "decompress", "unmarshal"),
    *("splitting", "token", "comparing texts", "comparing vectors", "rendering", "matrix", "distances"),
    *("clustering", "inference"),
)
MESSAGES = ("JSON", "YAML", "TOML", "pickl", "parsing Python", "property list", "unmarshal")
"""Formats of messages, settings and cached objects: mostly a few kilobytes, unless they are uploaded."""
PAGES = ("parsing XML", "parsing HTML", "decompress", "validating", "Markdown")
"""What is as often a short message as a long page."""
EACH = ("tokenising", "matrix", "comparing vectors")
"""What takes long for many texts or rows, and no time for one."""

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
MUCH = frozenset(
    {"data", "content", "contents", "bytes", "raw", "buffer", "buf", "chunk"}
    | {"file", "image", "img", "audio", "video", "media", "archive", "zip", "pdf", "document"}
)
"""Last words of names for what is hashed as it is; a nonce, a secret or a name is short."""
TEXTS = frozenset({"prompt", "prompts", "text", "texts", "document", "documents", "messages", "conversation", "batch"})
"""Last words of names for whole texts that somebody else wrote, which tokenisers take some milliseconds a page for."""
UPLOADS = frozenset(
    {"fastapi.UploadFile.read", "starlette.datastructures.UploadFile.read"}
    | {"aiohttp.BodyPartReader.read", "aiohttp.BodyPartReader.text"}
)
FILES = UPLOADS | {name for name in WHOLE if "Path.read_bytes" in name}


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
    is_formatting = "dump" in effect.name or effect.name.endswith("tostring")
    return not is_formatting and any(word in effect.cause for word in TAKING_IN)


def _may_be_large(wait: Wait, subject: Subject) -> bool:
    """Tell whether a call takes in what others made as large as they liked.

    What parses messages does so if an upload is handed to it; pages are long where a whole file or body is one. A hash
    takes in half a gigabyte a second: what a helper hashes is mostly short, unless it is a file, and so is a text.
    Tokens of a stream are counted piece by piece. Other formats and hashes are reported unless what they get is written
    down here.
    """
    cause, call = wait.hit.effect.cause, wait.fact.term if isinstance(wait.fact.term, CallTerm) else None
    given = call.given if call is not None else ()
    loop = subject.frame.function.loops[wait.fact.loop] if wait.fact.loop >= 0 else None
    if any(word in cause for word in EACH):
        return loop is not None or ("tokenising" in cause and any(_last_word(term) in TEXTS for term in given))
    if "tokens" in cause and loop is not None and loop.is_async:
        return False
    for words, sources in ((MESSAGES, UPLOADS), (PAGES, WHOLE), (("hash",), FILES)):
        if any(word in cause for word in words) and (wait.helper is not None or words != ("hash",)):
            return any(_is_whole(term, subject.frame, subject, 0, sources) for term in given)
    if wait.helper is not None:
        return True
    if call is None or ("hash" in cause and not call.arguments):
        return call is None
    if "hash" in cause and not _sounds_large(call.arguments[0]):
        return any(_is_whole(term, subject.frame, subject, 0, FILES) for term in given)
    return not any(_is_small(term, subject.frame, subject, 0) for term in call.arguments[:1])


def _sounds_large(term: Term) -> bool:
    """Tell whether a name says that it is what it holds and not a word for it: `image_data`, `self.raw`."""
    return _last_word(term) in MUCH


def _last_word(term: Term) -> str:
    """Return the last word of a name: `data` of `image_data`."""
    name = term.id if isinstance(term, NameTerm) else term.name if isinstance(term, AttributeTerm) else ""
    return name.lower().strip("_").rpartition("_")[2]


def _is_whole(term: Term, frame: Frame, subject: Subject, depth: int, sources: frozenset[str] = WHOLE) -> bool:
    """Tell whether a term is all that one of some sources gives: a file, a request or a response."""
    match term:
        case AwaitTerm(value=value):
            return _is_whole(value, frame, subject, depth, sources)
        case CallTerm(callee=AttributeTerm(value=value, name=name)) if name in SAME_DATA:
            return _is_whole(value, frame, subject, depth, sources)
        case CallTerm(callee=AttributeTerm() as callee, arguments=()):
            return _gives_whole(callee, frame, subject, sources)
        case AttributeTerm():
            return _gives_whole(term, frame, subject, sources)
        case NameTerm(scope="local") if depth < MOST_HOPS:
            return any(_is_whole(bound, owner, subject, depth + 1, sources) for bound, owner in _bound(term, frame))
    return False


def _gives_whole(term: AttributeTerm, frame: Frame, subject: Subject, sources: frozenset[str]) -> bool:
    resolver = subject.summaries.resolver
    for value in resolver.resolve(term.value, frame):
        if isinstance(value, Instance) and not is_first_party(value.cls):
            names = {f"{resolver.catalogue.canonical(c)}.{term.name}" for c in resolver.library.mro(value.cls)}
            if names & sources:
                return True
    return False


def _is_small(term: Term, frame: Frame, subject: Subject, depth: int) -> bool:
    """Tell whether data is written down here, or a text that is only now made into bytes: a key, a password."""
    match term:
        case ConstantTerm() | DisplayTerm():
            return True
        case CallTerm(callee=AttributeTerm(value=value, name="encode" | "join" | "format" | "isoformat")):
            return not _is_whole(value, frame, subject, depth, FILES)
        case CallTerm(callee=AttributeTerm(name="to_bytes" | "urandom" | "token_bytes" | "digest")):
            return True
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
