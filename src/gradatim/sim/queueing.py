"""What queueing theory says, in units of the mean service time.

`rho` is the load per server; a system with c servers is offered a = c x rho erlangs. Sources: Kleinrock,
*Queueing Systems* I (1975), chapter 3 and section 5.6; Mitzenmacher, "The power of two choices in
randomized load balancing", IEEE TPDS 12 (2001), theorem 1.
"""

from __future__ import annotations

from typing import NamedTuple


class QueueTheory(NamedTuple):
    """Mean wait, mean time in the system, share of customers turned away. None: no closed form here."""

    wq: float | None
    w: float | None
    blocking: float | None


def erlang_b(servers: int, offered: float) -> float:
    """Share of calls lost by `servers` lines without a queue (any service distribution)."""
    b = 1.0
    for k in range(1, servers + 1):
        b = offered * b / (k + offered * b)
    return b


def erlang_c(servers: int, rho: float) -> float:
    """Probability that a customer of M/M/c has to wait; rho below 1."""
    b = erlang_b(servers, servers * rho)
    return b / (1.0 - rho * (1.0 - b))


def mmc_wait(servers: int, rho: float) -> float:
    """Mean wait of M/M/c; rho below 1."""
    return erlang_c(servers, rho) / (servers * (1.0 - rho))


def md1_wait(rho: float) -> float:
    """Mean wait of M/D/1 (Pollaczek and Khinchine with no variance); rho below 1."""
    return rho / (2.0 * (1.0 - rho))


def mmck(servers: int, rho: float, capacity: int) -> QueueTheory:
    """M/M/c/K: at most `capacity` customers in the system; the wait is that of the accepted ones."""
    if capacity < servers:
        raise ValueError(f"capacity {capacity} is below the number of servers {servers}")
    offered = servers * rho
    weights = [1.0]
    for n in range(1, capacity + 1):
        weights.append(weights[-1] * offered / min(n, servers))
        if weights[-1] > 1e200:
            weights = [x * 1e-200 for x in weights]
    total = sum(weights)
    blocking = weights[-1] / total
    waiting = sum((n - servers) * x for n, x in enumerate(weights) if n > servers) / total
    wq = waiting / (offered * (1.0 - blocking))
    return QueueTheory(wq, wq + 1.0, blocking)


def choices_time(rho: float, choices: int) -> float:
    """Mean time in the system when each customer joins the shortest of d random queues.

    Many single servers with exponential service: the limit of infinitely many. With N servers the
    truth is higher by a term of order 1/N.
    """
    if choices == 1:
        return 1.0 / (1.0 - rho)
    total = 0.0
    exponent = 0
    while True:
        term = rho**exponent
        total += term
        if term < 1e-16:
            return total
        exponent = exponent * choices + choices


def theory(servers: int, rho: float, service: str, capacity: int | None, choices: int | None) -> QueueTheory:
    """The closed form for a system, as far as there is one."""
    unknown = QueueTheory(None, None, None if capacity is not None else 0.0)
    if choices is not None:
        if service != "exp" or servers != 1 or capacity is not None:
            return unknown
        w = choices_time(rho, choices)
        return QueueTheory(w - 1.0, w, 0.0)
    if capacity == servers:
        return QueueTheory(0.0, 1.0, erlang_b(servers, servers * rho))
    if capacity is not None:
        return mmck(servers, rho, capacity) if service == "exp" else unknown
    if service == "exp":
        return QueueTheory(mmc_wait(servers, rho), mmc_wait(servers, rho) + 1.0, 0.0)
    if servers == 1:
        return QueueTheory(md1_wait(rho), md1_wait(rho) + 1.0, 0.0)
    return unknown
