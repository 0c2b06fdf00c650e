"""Who calls a function in a package of very many files: its own module is asked first, and then all others."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from flake8_bookmark.check import check_source
from flake8_bookmark.options import Options
from flake8_bookmark.project import analysis, recall

APP = """
from contextlib import asynccontextmanager

import requests
from fastapi import FastAPI


async def load_prices():
    requests.get("https://prices.example")


async def load_stock():
    requests.get("https://stock.example")


@asynccontextmanager
async def lifespan(app):
    await load_prices()
    yield


app = FastAPI(lifespan=lifespan)
"""
HANDLER = """
from shop.app import load_prices, load_stock


async def handle(request):
    await {called}()
"""
START = """
from contextlib import asynccontextmanager

from shop.app import load_stock


@asynccontextmanager
async def lifespan(app):
    await load_stock()
    yield
"""
PRICES, STOCK = (9, "BKM102"), (13, "BKM102")


@pytest.fixture(autouse=True)
def _large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flake8_bookmark.project.headers.MOST_SEARCHED", 2)


def found(folder: Path, **files: str) -> list[tuple[int, str]]:
    (folder / "shop").mkdir(exist_ok=True)
    (folder / "pyproject.toml").write_text("[project]\nname = 'shop'\n")
    for name, text in {"__init__": "", "app": APP, "other": "", **files}.items():
        (folder / "shop" / f"{name}.py").write_text(text)
    recall.forget()
    analysis._shared.clear()
    path = folder / "shop" / "app.py"
    options = Options(cache_dir=str(folder / "cache"))
    return [(f.line, f.code) for f in check_source(str(path), APP, ast.parse(APP), options)]


def test_what_runs_once_in_its_own_module_is_silent_unless_another_module_calls_it(tmp_path: Path) -> None:
    assert found(tmp_path) == [STOCK]
    assert found(tmp_path, handler=HANDLER.format(called="load_stock")) == [STOCK]
    # What was found before is not believed any more, although no import leads from one module to the other.
    assert found(tmp_path, handler=HANDLER.format(called="load_prices")) == [PRICES, STOCK]


def test_callers_elsewhere_are_not_looked_for_without_one_in_its_own_module(tmp_path: Path) -> None:
    assert found(tmp_path, start=START) == [STOCK]
