"""Start the local server: a port, a token, a browser window, and a clean end."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import threading
import webbrowser
from collections.abc import Callable
from pathlib import Path

import uvicorn

from gradatim.core.errors import GradatimError, InputError, StateError
from gradatim.store import home_folder
from gradatim.web.application import create_app
from gradatim.web.service import Service, lazy_app

log = logging.getLogger("gradatim.web")

DEFAULT_PORT = 8642
LOOPBACK_HOSTS = ("127.0.0.1", "localhost", "::1")
KEY_FILE = "web.key"
KEY_BYTES = 32
DEMO_FILE = (
    "demo.json"  # as `gradatim.app.demo_exams` writes it; not imported, the first request waits for this
)
LOG_FILE = "web.log"


def serve(
    home: Path | None,
    *,
    host: str = "127.0.0.1",
    port: int | None = None,
    open_browser: bool = True,
    ready: Callable[[str], None] | None = None,
) -> None:
    """Serve until interrupted.

    Args:
        home: the data folder; the platform's default when None.
        host: a loopback address; anything else is refused, the app has one user.
        port: the port to listen on, 0 for any free one; when None, 8642 or else any free one.
        open_browser: open the address in the user's browser once it answers.
        ready: called with the signed-in address once the server accepts connections.

    Raises:
        InputError: the host is not the loopback, or the port is out of range.
        StateError: the asked port is in use, or the home folder cannot be written.
    """
    folder = home if home is not None else home_folder()
    key = session_key(folder)
    keep_log(folder)
    bound = bind(host, port)
    token = secrets.token_urlsafe(24)
    shown = f"[{host}]" if ":" in host else host
    address = f"http://{shown}:{bound.getsockname()[1]}/?token={token}"
    service = lazy_app(home)
    application = create_app(service, token, session_key=key, after_first_page=warm_up)
    application.state.demo = (folder / DEMO_FILE).is_file()
    config = uvicorn.Config(
        application, log_level="warning", access_log=False, lifespan="off", ws_max_size=1_000_000,
        timeout_graceful_shutdown=2, server_header=False, date_header=False,
    )  # fmt: skip

    def accepting() -> None:
        # While the browser starts, the store opens; if it cannot, the page itself says why.
        threading.Thread(target=prepare, args=(service,), name="prepare", daemon=True).start()
        if ready is not None:
            ready(address)
        if open_browser:
            webbrowser.open(address)

    server = _Server(config, on_ready=accepting)
    with contextlib.suppress(KeyboardInterrupt), contextlib.closing(bound):
        asyncio.run(server.serve(sockets=[bound]))


def warm_up() -> None:
    """Load the simulator while the first page is read, so that starting a lab does not wait for it.

    A subprocess goes first: if the machine code is not in the cache, compiling it in a thread would stall
    every other one. With the code in the cache both steps take about a second.
    """
    program = "from gradatim.app.bench import compile_kernel; compile_kernel()"
    done = subprocess.run(
        [sys.executable, "-P", "-c", program],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        log.warning("the simulator could not be compiled: %s", done.stderr.strip().rsplit("\n", 1)[-1])
        return
    from gradatim.app.bench import compile_kernel

    compile_kernel()


def prepare(service: Service) -> None:
    """Ask for what the first page will ask for, so that imports and the store are there before it does."""
    with contextlib.suppress(GradatimError):
        service.path()


def keep_log(folder: Path) -> None:
    """Write warnings and the tracebacks of our own defects to `web.log` in the home, at most 2 MB."""
    from logging.handlers import RotatingFileHandler

    handler = RotatingFileHandler(folder / LOG_FILE, maxBytes=1_000_000, backupCount=1, delay=True)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logging.getLogger("gradatim").addHandler(handler)


def session_key(folder: Path) -> bytes:
    """The key behind the session cookie, made once per home so that open tabs survive a restart.

    Raises:
        StateError: the folder or the file cannot be read or written.
    """
    path = folder / KEY_FILE
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.stat().st_size != KEY_BYTES:
            # Written beside and moved: a crash or a full disk never leaves half a key. mkstemp makes it 0600.
            descriptor, made = tempfile.mkstemp(prefix=".web-key-", dir=folder)
            with os.fdopen(descriptor, "wb") as file:
                file.write(secrets.token_bytes(KEY_BYTES))
            Path(made).replace(path)
        return path.read_bytes()
    except OSError as error:
        raise StateError(
            "the home folder cannot be used", where=str(path), why=error.strerror or str(error),
            next="free some space or set GRADATIM_HOME to a folder you can write, then run: gradatim",
        ) from None  # fmt: skip


def bind(host: str, port: int | None) -> socket.socket:
    """A listening socket on the loopback.

    Raises:
        InputError: the host is not the loopback, or the port is out of range.
        StateError: the asked port is in use.
    """
    problems = []
    if host not in LOOPBACK_HOSTS:
        problems.append(
            f"host {host}: only {', '.join(LOOPBACK_HOSTS)}; the app is for one person on one machine"
        )
    if port is not None and not 0 <= port <= 65535:
        problems.append(f"port {port}: must be from 0 to 65535")
    if problems:
        raise InputError("the server cannot listen there", problems, next="gradatim --port 0")
    try:
        return _listen(host, DEFAULT_PORT if port is None else port)
    except OSError as error:
        if port is None:
            return _listen(host, 0)
        raise StateError(
            f"port {port} cannot be used", where=f"{host}:{port}", why=error.strerror or str(error),
            next="gradatim --port 0   (any free port)",
        ) from None  # fmt: skip


def _listen(host: str, port: int) -> socket.socket:
    made = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((host, port))
        # Listen at once: another process that binds the same port must fail now, not when uvicorn listens.
        made.listen(128)
    except OSError:
        made.close()
        raise
    return made


class _Server(uvicorn.Server):
    """uvicorn's server, telling when it accepts connections."""

    def __init__(self, config: uvicorn.Config, *, on_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        if not self.should_exit:
            await asyncio.to_thread(self._on_ready)
