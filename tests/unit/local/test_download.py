"""Downloads from a server of this test: cut, resumed after a kill, damaged, refused, gone."""

import hashlib
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import download
import numpy as np
import pytest

from speakernet.config import UserError

CONTENT = np.random.default_rng(3).bytes(3 << 20)


class Handler(BaseHTTPRequestHandler):
    """Serves CONTENT under any name but those below, whole or from where is asked."""

    starts: ClassVar[list[int]] = []
    paths: ClassVar[list[str]] = []
    commands: ClassVar[list[bytes]] = []  # of all processes, while a file is asked for
    pause_s: ClassVar[float] = 0.0

    def do_GET(self) -> None:
        self.paths.append(self.path)
        self.commands.extend(commands_of_processes())
        name = self.path.partition("?")[0].rpartition("/")[2]
        if name.isdigit():
            self.send_error(int(name))
            return
        content = b"<!DOCTYPE html><p>log in</p>" if name == "html" else CONTENT
        start = int(self.headers.get("Range", "bytes=0-")[6:-1])
        self.starts.append(start)
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        end = start + (1 << 20) if name == "cut" else len(content)
        for place in range(start, min(end, len(content)), 1 << 18):
            self.wfile.write(content[place : place + (1 << 18)])
            time.sleep(self.pause_s)

    def log_message(self, *_: object) -> None:
        pass


def commands_of_processes() -> Iterator[bytes]:
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has just ended
            yield (folder / "cmdline").read_bytes()


@pytest.fixture
def url(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr("transfer._FIRST_PAUSE_S", 0.01)
    for seen in (Handler.starts, Handler.paths, Handler.commands):
        seen.clear()
    Handler.pause_s = 0.0
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def write_table(folder: Path, *names: str, md5: str = "") -> list[str]:
    """Write the table of downloads; return the first words of a command."""
    md5 = md5 or hashlib.md5(CONTENT).hexdigest()
    lines = [f"some\t{name}\t{md5}\thttp://127.0.0.1:9/?key={{key}}\tx\n" for name in names]
    (folder / "table.tsv").write_text("group\tname\tmd5\turl\tsource\n" + "".join(lines))
    return ["--table", str(folder / "table.tsv"), "--tries", "2", str(folder / "out"), "some"]


def test_a_cut_connection_goes_on_and_what_is_there_is_kept(url: str, tmp_path: Path) -> None:
    command = [*write_table(tmp_path, "cut", "whole"), "--url", f"{url}/{{name}}"]
    download.main(command)
    assert Handler.starts == [0, 1 << 20, 2 << 20, 0]
    for name in ("cut", "whole"):
        assert (tmp_path / "out" / name).read_bytes() == CONTENT
    Handler.starts.clear()
    download.main(command)
    assert Handler.starts == []
    (tmp_path / "out" / "whole").write_bytes(CONTENT[:-1])
    with pytest.raises(UserError, match="not fetched: whole"):
        download.main(command)


def test_it_goes_on_after_a_kill(url: str, tmp_path: Path, repository: Path) -> None:
    command = [*write_table(tmp_path, "big"), "--url", f"{url}/{{name}}"]
    Handler.pause_s = 0.05
    program = [sys.executable, str(repository / "local/download.py"), *command]
    process = subprocess.Popen(program, cwd=repository)
    part = tmp_path / "out" / "big.part"
    while not part.exists() or part.stat().st_size < 1 << 20:
        assert process.poll() is None
        time.sleep(0.01)
    process.kill()
    process.wait()
    kept = part.stat().st_size
    Handler.pause_s = 0.0
    download.main(command)
    assert Handler.starts == [0, kept]
    assert (tmp_path / "out" / "big").read_bytes() == CONTENT
    assert not part.exists()


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("html", "/html: the server sent an HTML page instead of the file"),
        ("401", "HTTP 401: the server asks for a user and a password"),
        ("403", "HTTP 403: the server refuses it: the key or the account is wrong"),
        ("404", "HTTP 404: it is not there any more"),
        ("503", "HTTP 503; 0 bytes are kept in"),
    ],
)
def test_what_cannot_be_fetched_says_why(
    url: str, tmp_path: Path, name: str, message: str, caplog: pytest.LogCaptureFixture
) -> None:
    command = write_table(tmp_path, name, "another")
    with pytest.raises(UserError, match=rf"out: not fetched: {name} \(see above\)"):
        download.main([*command, "--url", f"{url}/{{name}}?key=secret"])
    assert message in caplog.text
    assert "secret" not in caplog.text
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == [".md5_checked", "another"]


@pytest.mark.parametrize("way", ["--key", "--key-file"])
def test_the_key_is_not_in_the_list_of_processes(
    url: str, tmp_path: Path, repository: Path, way: str
) -> None:
    key = "k3y" + "q7" * 9
    (tmp_path / "my key").write_text(f"{key}\n")
    word = key if way == "--key" else str(tmp_path / "my key")
    program = ["local/voxceleb/download.sh", "--groups", "tables", "--url", f"{url}/403?x={{key}}"]
    result = subprocess.run(
        [*program, way, word, str(tmp_path / "out")], cwd=repository, capture_output=True
    )
    assert result.returncode == 1 and b"HTTP 403" in result.stderr
    assert set(Handler.paths) == {f"/403?x={key}"}
    assert any(b"download.py" in command for command in Handler.commands)
    assert not [command for command in Handler.commands if key.encode() in command]
    assert key.encode() not in result.stdout + result.stderr


def test_another_checksum_is_refused_and_not_kept(
    url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    command = write_table(tmp_path, "whole", md5="0" * 32)
    with pytest.raises(UserError, match="not fetched"):
        download.main([*command, "--url", f"{url}/{{name}}"])
    assert "whole: what was fetched has md5 " in caplog.text
    assert [path.name for path in (tmp_path / "out").iterdir()] == []


def test_a_key_that_is_missing_and_a_group_that_is_unknown(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    command = write_table(tmp_path, "vox1_dev_wav_partaa")
    with pytest.raises(UserError, match="not fetched: vox1_dev_wav_partaa"):
        download.main(command)
    assert "its distributor asks for a key" in caplog.text
    with pytest.raises(UserError, match="found 'other'; expected some of some"):
        download.main([*command, "other"])
