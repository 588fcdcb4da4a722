"""What the machine offers: Python, platform, packages, port, browser, isolation for learner code."""

from __future__ import annotations

import importlib.metadata
import platform
import re
import shutil
import socket
import sys
from collections.abc import Sequence
from pathlib import Path

from gradatim.cli.doctor.finding import Finding

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "firefox", "safari")
MAC_BROWSERS = ("Google Chrome", "Safari", "Firefox")
CHECKOUT = Path(__file__).resolve().parents[4]


def python() -> Finding:
    """The interpreter."""
    version = platform.python_version()
    return Finding("python", "ok", f"{platform.python_implementation()} {version}, {sys.executable}")


def system() -> Finding:
    """The operating system and processor."""
    detail = f"{platform.system()} {platform.release()}, {platform.machine()}"
    if platform.system() not in ("Linux", "Darwin"):
        return Finding("platform", "fail", f"{detail}; Linux and macOS are supported", "wsl --install")
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        return Finding(
            "platform",
            "ok",
            f"{detail}; hashes are promised on Linux x86-64, losses may differ here by a hair",
        )
    return Finding("platform", "ok", detail)


def packages(lock: Path = CHECKOUT / "requirements" / "core.txt") -> Finding:
    """The installed packages against the lock file of the core group."""
    if not lock.exists():
        return Finding(
            "packages", "ok", "installed without a checkout, so there is no lock file to compare with"
        )
    wrong, count = [], 0
    for name, versions in locked(lock.read_text(encoding="utf-8")).items():
        count += 1
        try:
            there = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            there = ""
        wanted = {version for version, _ in versions}
        if there not in wanted and (there or not all(marked for _, marked in versions)):
            wrong.append(f"{name} {there or 'missing'} (locked {' or '.join(sorted(wanted))})")
    if wrong:
        shown = ", ".join(wrong[:6]) + (f" and {len(wrong) - 6} more" if len(wrong) > 6 else "")
        return Finding("packages", "fail", shown, "touch requirements/core.txt && make setup")
    return Finding("packages", "ok", f"{count} packages as locked")


def locked(text: str) -> dict[str, list[tuple[str, bool]]]:
    """The pins of a lock file: name to (version, whether only some platforms need it)."""
    pins: dict[str, list[tuple[str, bool]]] = {}
    for name, version, marker in re.findall(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)[ \t]*(;[^\\\n]*)?", text, re.M):
        pins.setdefault(name, []).append((version, bool(marker)))
    return pins


def port(number: int) -> Finding:
    """Whether the default port is free."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", number))
        except OSError as error:
            return Finding(
                "port",
                "warn",
                f"{number} is in use ({error.strerror}); another free one will be taken",
                "gradatim --port 0",
            )
    return Finding("port", "ok", f"{number} is free")


def browser() -> Finding:
    """A browser that the page can be opened in."""
    for name in BROWSERS:
        if path := shutil.which(name):
            return Finding("browser", "ok", path)
    for app in MAC_BROWSERS:
        if Path(f"/Applications/{app}.app").exists():
            return Finding("browser", "ok", app)
    return Finding(
        "browser", "warn", "none found; open the printed address yourself", "gradatim --no-browser"
    )


def isolation(holds: Sequence[str]) -> Finding:
    """What keeps learner code apart here.

    Args:
        holds: what `gradatim.lab.sandbox.isolation_here` says.
    """
    if platform.system() != "Linux":
        return Finding("isolation", "warn", f"learner code: {', '.join(holds)}; more of it needs Linux")
    return Finding("isolation", "ok", f"learner code: {', '.join(holds)}")
