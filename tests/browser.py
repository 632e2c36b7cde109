"""A real browser for tests: headless Chromium, driven over a pair of pipes (DevTools protocol)."""

import base64
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

REPOSITORY = Path(__file__).parents[1]
PACKAGES = (
    "chromium-headless-shell", "chromium-common", "libopenh264-7", "libdouble-conversion3",
    "libharfbuzz-subset0", "libxnvctrl0", "libminizip1",
)  # fmt: skip
"""Debian's browser without a window, and those of its libraries that few systems have."""
INSTALLED = ("chromium", "chromium-headless-shell", "chromium-browser", "google-chrome")
OPTIONS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-dev-shm-usage", "--hide-scrollbars", "--remote-debugging-pipe",
)  # fmt: skip
SECONDS = 60


def find_browser() -> tuple[Path, Path | None]:
    """Return an installed browser, or else Debian's and the folder of its libraries."""
    for name in INSTALLED:
        if path := shutil.which(name):
            return Path(path), None
    command = ["bash", "utils/install/fetch_deb.sh", *PACKAGES]
    output = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True)
    folder = Path(output.stdout.strip()) / "usr/lib"
    libraries = next(folder.glob("*-linux-gnu"))
    return folder / "chromium/chromium-headless-shell", libraries


class Browser:
    """A browser with one page. events: what it has told of the page, in order."""

    def __init__(self, process: subprocess.Popen[bytes], commands: int, answers: int) -> None:
        self._process = process
        self._commands, self._answers = os.fdopen(commands, "wb"), os.fdopen(answers, "rb")
        self._number = 0
        self._rest = b""
        self._session = ""
        self.events: list[dict[str, Any]] = []

    def __enter__(self) -> Self:
        target = self.send("Target.createTarget", url="about:blank")["targetId"]
        attached = self.send("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Network", "Runtime", "Log"):
            self.send(f"{domain}.enable")
        return self

    def __exit__(self, *_: object) -> None:
        self._commands.close()
        self._process.kill()
        self._process.wait()
        self._answers.close()

    def send(self, method: str, **parameters: Any) -> Any:
        """Call a method of the protocol and return its result."""
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        self._commands.write(json.dumps(message).encode() + b"\0")
        self._commands.flush()
        while (answer := self._receive()).get("id") != self._number:
            self.events.append(answer)
        assert "error" not in answer, answer
        return answer["result"]

    def _receive(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            part = os.read(self._answers.fileno(), 1 << 16)
            assert part, "the browser has ended"
            self._rest += part
        text, _, self._rest = self._rest.partition(b"\0")
        answer: dict[str, Any] = json.loads(text)
        return answer

    def show(self, page: Path, width: int, height: int, *, scheme: str = "light") -> None:
        """Load a file in a window of this size (CSS pixels), light or dark."""
        self.events.clear()
        is_phone = width < 600
        self.send(
            "Emulation.setDeviceMetricsOverride",
            width=width, height=height, deviceScaleFactor=1, mobile=is_phone,
        )  # fmt: skip
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.send("Emulation.setEmulatedMedia", features=features)
        self.send("Page.navigate", url=page.resolve().as_uri())
        while not any(event["method"] == "Page.loadEventFired" for event in self.events):
            self.events.append(self._receive())

    def value(self, script: str) -> Any:
        """Return the value of a JavaScript expression, or what its promise is kept with."""
        options = {"returnByValue": True, "awaitPromise": True}
        found = self.send("Runtime.evaluate", expression=script, **options)
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    def picture(self, path: Path, *, whole: bool = True) -> None:
        """Write the page as a PNG file: all of it, or what is in the window."""
        shot = self.send("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        path.write_bytes(base64.b64decode(shot["data"]))

    def complaints(self) -> list[str]:
        """Return errors and warnings of the console, and exceptions, since the page was loaded."""
        kinds = ("Log.entryAdded", "Runtime.exceptionThrown", "Runtime.consoleAPICalled")
        return [json.dumps(e["params"])[:400] for e in self.events if e["method"] in kinds]

    def requests(self) -> list[str]:
        """Return the addresses that the page asked for."""
        sent = (e for e in self.events if e["method"] == "Network.requestWillBeSent")
        return [event["params"]["request"]["url"] for event in sent]


@contextmanager
def start_browser(folder: Path) -> Iterator[Browser]:
    """Start a browser that keeps its files in ``folder``, and end it."""
    program, libraries = find_browser()
    to_browser, commands = os.pipe()
    answers, from_browser = os.pipe()
    moved = f'exec "$@" 3<&{to_browser} 4>&{from_browser}'
    words = [str(program), *OPTIONS, f"--user-data-dir={folder}/browser", "about:blank"]
    environment = {**os.environ, "HOME": str(folder)}
    if libraries:
        environment["LD_LIBRARY_PATH"] = str(libraries)
    process = subprocess.Popen(
        ["bash", "-c", moved, "bash", *words],
        pass_fds=(to_browser, from_browser),
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        env=environment,
    )  # fmt: skip
    os.close(to_browser)
    os.close(from_browser)
    with Browser(process, commands, answers) as browser:
        yield browser
