"""Connections that are handed in one by one, each answered by the learner's request handler in a thread."""

# ruff: noqa: PTH123, SIM105, SIM115
from __future__ import annotations

import os
import socket
import sys
import threading
from types import SimpleNamespace
from typing import Any

_MOST_THREADS = 32


def serve(listener: int, handler: Any) -> None:
    """Start to accept; returns at once.

    Args:
        listener: our end of a socket pair; each message on it carries one connected socket.
        handler: a `http.server.BaseHTTPRequestHandler` class, or whatever takes (request, address, server).
    """
    # Nobody reads what is printed while requests are answered: a full pipe would stop the service.
    sys.stdout = sys.stderr = open(os.devnull, "w")
    accepted = socket.socket(fileno=listener)
    free = threading.Semaphore(_MOST_THREADS)
    server = SimpleNamespace(server_name="localhost", server_port=0, server_address=("localhost", 0))

    def one(connection: socket.socket) -> None:
        try:
            handler(connection, ("localhost", 0), server)
        finally:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # the client has gone
            connection.close()
            free.release()

    def loop() -> None:
        while True:
            data, descriptors, _, _ = socket.recv_fds(accepted, 1, 1)
            if not data:
                return
            for descriptor in descriptors:
                free.acquire()
                connection = socket.socket(fileno=descriptor)
                threading.Thread(target=one, args=(connection,), daemon=True).start()

    threading.Thread(target=loop, daemon=True).start()
