"""A draft of a catalogue file is derived from a library's source; the library below is made up."""

from __future__ import annotations

import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests.effects.catalogue_schema import problems

TOOL = Path(__file__).parents[2] / "tools" / "derive_library.py"
ACME = {
    "acme/__init__.py": """
        from ._client import AsyncClient, Client
        from .api import *
        raise SystemExit("a library under the tool is never run")
        """,
    "acme/_client.py": """
        import socket
        import time

        class Client:
            def __init__(self, transport):
                self.transport = transport
                self.jobs = Jobs(self)

            def fetch(self, name):
                return self._ask(name)

            def name(self):
                return "acme"

            def _ask(self, name):
                return self.transport.carry(name)

            def _dispatch(self, name):
                return self.transport.carry(name)

        class Jobs:
            def __init__(self, client):
                self.client = client

            def wait(self, name) -> "Job":
                time.sleep(1)

        class Job:
            @property
            def log(self):
                return open("log").read()

        class Wire:
            def carry(self, name):
                return socket.create_connection(("localhost", 1))

        class AsyncClient:
            async def fetch(self, name) -> Job:
                return Job()        """,
    "acme/api.py": """
        from acme._client import Client

        __all__ = ["fetch"]

        def fetch(name):
            return Client(None).fetch(name)
        """,
}


@pytest.fixture
def acme(tmp_path: Path) -> Path:
    for name, text in ACME.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("\n".join(line[8:] for line in text.splitlines()), encoding="utf-8")
    return tmp_path / "acme"


def derived(*arguments: object) -> tuple[str, dict[str, Any]]:
    command = [sys.executable, str(TOOL), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return done.stdout, tomllib.loads(done.stdout)


def test_what_waits_in_the_end_is_named_with_its_chain(acme: Path) -> None:
    text, data = derived(acme)
    blocks = {(row["kind"], row.get("level"), "instead" in row): row["names"] for row in data["blocks"]}
    assert blocks == {
        ("network", "warning", False): ["acme.Client._dispatch", "acme.fetch"],
        ("network", "warning", True): ["acme.Client.fetch"],
        ("sleep", None, False): ["acme._client.Jobs.wait"],
        ("file", None, False): ["acme._client.Job.log"],
    }
    chain = "Client.fetch (api.py:7) > Client._ask (_client.py:11) > Wire.carry? (_client.py:17)"
    assert f'"acme.fetch",  # {chain} > socket.create_connection (_client.py:36)' in text


def test_a_class_that_does_the_same_as_a_coroutine_is_the_replacement(acme: Path) -> None:
    _, data = derived(acme)
    assert [row["instead"] for row in data["blocks"] if "instead" in row] == [{"asyncio": ["acme.AsyncClient.*"]}]


def test_types_and_coroutines_come_with_it(acme: Path) -> None:
    _, data = derived(acme)
    assert data["library"]["async"] == ["acme.AsyncClient.fetch"]
    assert data["types"]["acme.AsyncClient.fetch"] == "acme._client.Job"
    assert data["types"]["acme.Client.jobs"] == "acme._client.Jobs"
    assert data["aliases"]["acme._client.Client"] == "acme.Client"


def test_a_property_that_waits_is_listed_as_one(acme: Path) -> None:
    _, data = derived(acme)
    assert data["library"]["properties"] == ["acme._client.Job.log"]


def test_the_draft_conforms_to_the_schema(acme: Path) -> None:
    _, data = derived(acme)
    assert problems("acme", data) == []


def test_a_wheel_is_unpacked(acme: Path, tmp_path: Path) -> None:
    wheel = tmp_path / "acme-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for name in ACME:
            archive.write(tmp_path / name, name)
        archive.writestr("acme-1.0.dist-info/METADATA", "Name: acme-sdk\nVersion: 1.0\n")
    _, data = derived(wheel)
    assert data["library"]["name"] == "acme-sdk"
    assert data["library"]["source"] == "https://pypi.org/project/acme-sdk/1.0/"
    assert "acme.fetch" in {name for row in data["blocks"] for name in row["names"]}
