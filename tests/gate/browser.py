"""A real browser without a head, driven over the WebDriver protocol: https://www.w3.org/TR/webdriver2/.

Chromium and chromedriver are used if they are here; nothing is installed for a test.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
SWITCHES = [
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage"),
    "--window-size=1100,900",
]
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
PATIENCE = 60.0


def browser() -> str | None:
    return next((path for name in BROWSERS if (path := shutil.which(name))), None)


def driver() -> str | None:
    """Return the driver; GitHub's machines name its folder in `CHROMEWEBDRIVER`."""
    return shutil.which("chromedriver") or shutil.which("chromedriver", path=os.environ.get("CHROMEWEBDRIVER", ""))


class Page:
    """What a person can do with the page that is open, and see of it."""

    def __init__(self, address: str) -> None:
        self._address = address

    def ask(self, method: str, path: str, **body: object) -> Any:
        data = json.dumps(body).encode() if method == "POST" else None
        kind = {"Content-Type": "application/json"}
        request = urllib.request.Request(self._address + path, data, kind, method=method)
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise AssertionError(json.load(error)["value"]["message"]) from error

    def open(self, path: Path) -> None:
        self.ask("POST", "/url", url=path.as_uri())

    def all(self, selector: str) -> list[str]:
        found = self.ask("POST", "/elements", using="css selector", value=selector)
        return [element[ELEMENT] for element in found]

    def one(self, selector: str) -> str:
        return str(self.ask("POST", "/element", using="css selector", value=selector)[ELEMENT])

    def seen(self, selector: str) -> list[str]:
        """Return the texts of the elements that a person sees."""
        elements = [e for e in self.all(selector) if self.ask("GET", f"/element/{e}/displayed")]
        return [str(self.ask("GET", f"/element/{element}/text")) for element in elements]

    def click(self, selector: str) -> None:
        self.ask("POST", f"/element/{self.one(selector)}/click")

    def type(self, selector: str, text: str) -> None:
        element = self.one(selector)
        self.ask("POST", f"/element/{element}/clear")
        self.ask("POST", f"/element/{element}/value", text=text)

    def run(self, script: str) -> Any:
        return self.ask("POST", "/execute/sync", script=script, args=[])

    def dark(self, is_dark: bool) -> None:
        features = [{"name": "prefers-color-scheme", "value": "dark" if is_dark else "light"}]
        self.ask("POST", "/goog/cdp/execute", cmd="Emulation.setEmulatedMedia", params={"features": features})

    def complaints(self) -> list[str]:
        """Return what the browser's console says: refused styles, failed scripts."""
        return [entry["message"] for entry in self.ask("POST", "/se/log", type="browser")]

    def picture(self) -> bytes:
        return base64.b64decode(self.ask("GET", "/screenshot"))


@contextmanager
def opened(program: str, driver_program: str, folder: Path) -> Iterator[Page]:
    """Start a browser that knows nothing yet, and end it."""
    with (folder / "driver.log").open("w+") as log:
        process = subprocess.Popen([driver_program, "--port=0"], stdout=log, stderr=subprocess.STDOUT)
        try:
            root = f"http://127.0.0.1:{port_of(process, folder / 'driver.log')}"
            options = {"binary": program, "args": [*SWITCHES, f"--user-data-dir={folder / 'profile'}"]}
            wanted = {"goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}
            session = Page(root).ask("POST", "/session", capabilities={"alwaysMatch": wanted})["sessionId"]
            page = Page(f"{root}/session/{session}")
            try:
                yield page
            finally:
                page.ask("DELETE", "")
        finally:
            process.terminate()
            process.wait(PATIENCE)


def port_of(process: subprocess.Popen[bytes], log: Path) -> int:
    """Return the port that the driver chose: it says so when it is ready."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and process.poll() is None:
        said = log.read_text().partition("started successfully on port ")[2]
        if "." in said:
            return int(said.partition(".")[0])
        time.sleep(0.05)
    raise AssertionError(f"the driver did not start: {log.read_text()}")
