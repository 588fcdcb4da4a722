"""The incident room: its page, and one WebSocket per tab.

A tab sends `{"id": n, "op": name, ...}` and gets `{"type": "reply", "id": n, "value": …}` or `"error"`.
The server sends `hello` once, then `frame`s with what is new, `reset` when the past was rewritten, and
`finished` with the place to go. A message nobody can read gets an error, never a closed socket.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import APIRouter, Request, WebSocket
from fastapi.responses import RedirectResponse, Response
from starlette.websockets import WebSocketDisconnect

from gradatim.core.errors import GradatimError, UnknownName
from gradatim.web.attempts import is_open
from gradatim.web.live import LiveAttempt, LiveRooms
from gradatim.web.render import page
from gradatim.web.service import Room, Service
from gradatim.web.wire import INTERNAL, decode, dict_of, encode, number_of, text_of

router = APIRouter()
log = logging.getLogger(__name__)

Operation = Callable[[dict[str, Any]], Awaitable[Any]]
QUIET_S = 1.0
"""A paused tab still looks this often, so that an action from the command line shows up."""
READS = frozenset({"preview", "query", "log"})
"""Operations that change nothing: they run beside each other."""
MOST_READS = 8


@router.get("/attempts/{attempt_id}/room")
def room_page(request: Request, attempt_id: str) -> Response:
    """The page. An attempt that has ended goes to its debrief."""
    attempt = request.app.state.service.attempt(attempt_id)
    if not is_open(attempt):
        return RedirectResponse(f"/attempts/{attempt_id}", status_code=303)
    return page(request, "room.html", attempt=attempt)


@router.websocket("/attempts/{attempt_id}/room/ws")
async def room_socket(socket: WebSocket, attempt_id: str) -> None:
    """Everything a tab does. The security in front has already checked Host, Origin and the token."""
    await socket.accept()
    service = socket.app.state.service
    try:
        room = await asyncio.to_thread(service.room, attempt_id)
        hello = await asyncio.to_thread(room.hello)
        notes = await asyncio.to_thread(room.notes)
    except GradatimError as error:
        await socket.send_text(encode({"type": "fatal", "error": error.as_dict()}))
        await socket.close(4404)
        return
    rooms: LiveRooms | None = getattr(socket.app.state, "live_rooms", None)
    if rooms is None:
        rooms = socket.app.state.live_rooms = LiveRooms()
    live = rooms.get(attempt_id, room)
    tab = Tab(socket, service, room, live)
    await tab.serve({"type": "hello", "hello": hello, "notes": notes, "play": live.state()})


class Tab:
    """One connected page: a task that sends what is new, and a loop that answers."""

    def __init__(self, socket: WebSocket, service: Service, room: Room, live: LiveAttempt) -> None:
        self.socket, self.service, self.room, self.live = socket, service, room, live
        self._seat = live.join()
        self._sending = asyncio.Lock()
        self._reads: set[asyncio.Task[None]] = set()
        self._ops: dict[str, Operation] = {
            name.removeprefix("_op_"): getattr(self, name) for name in dir(self) if name.startswith("_op_")
        }

    async def send(self, message: dict[str, Any]) -> None:
        text = encode(message)
        async with self._sending:
            await self.socket.send_text(text)

    async def serve(self, hello: dict[str, Any]) -> None:
        pump: asyncio.Task[None] | None = None
        try:
            await self.send(hello)
            pump = asyncio.create_task(self._pump())
            self.live.wake()
            while True:
                received = await self.socket.receive()
                if received["type"] == "websocket.disconnect":
                    return
                await self._answer(received.get("text"))
        except (WebSocketDisconnect, RuntimeError):  # Starlette's words for "it has gone" while sending
            return
        finally:
            self.live.leave(self._seat)
            self.live.wake()
            for task in (pump, *self._reads):
                if task is not None:
                    task.cancel()

    async def _pump(self) -> None:
        """Send what is new whenever woken; nothing when nothing is."""
        cursor: dict[str, Any] | None = None
        generation, last = self.live.generation, ""
        woken, mail = self._seat.woken, self._seat.mail
        with contextlib.suppress(WebSocketDisconnect, RuntimeError):
            while True:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(woken.wait(), QUIET_S)
                woken.clear()
                while mail:
                    await self.send(mail.pop(0))
                if generation != self.live.generation:
                    generation, cursor = self.live.generation, None
                    await self.send({"type": "reset"})
                try:
                    news = await asyncio.to_thread(self.room.since, cursor)
                except GradatimError as error:
                    await self.send({"type": "error", "error": error.as_dict()})
                    continue
                except Exception:
                    log.exception("attempt %s: no frame", self.live.attempt_id)
                    await self.send({"type": "error", "error": INTERNAL})
                    continue
                if cursor is not None and cursor.get("generation") != news["cursor"].get("generation"):
                    # Rewound, or another process acted on the attempt: everything comes again.
                    await self.send({"type": "reset"})
                cursor = news.pop("cursor")
                clock = await asyncio.to_thread(self.room.clock)
                frame = {"type": "frame", **news, "clock": clock, "play": self.live.state()}
                text = encode(frame)
                if text != last:
                    last = text
                    async with self._sending:
                        await self.socket.send_text(text)

    # -- answering ----------------------------------------------------------------------------------------
    async def _answer(self, text: str | None) -> None:
        number: Any = None
        try:
            message = decode(text)
            number = message.get("id")
            name = message.get("op")
            handler = self._ops.get(name) if isinstance(name, str) else None
            if handler is None:
                raise UnknownName("operation", str(name)[:60], self._ops)
        except GradatimError as error:
            await self.send({"type": "reply", "id": number, "error": error.as_dict()})
            return
        if name in READS:
            if len(self._reads) >= MOST_READS:
                busy = GradatimError("too many questions at once", next="wait for the answers")
                await self.send({"type": "reply", "id": number, "error": busy.as_dict()})
                return
            task = asyncio.create_task(self._reply(number, handler, message))
            self._reads.add(task)
            task.add_done_callback(self._reads.discard)
        else:
            await self._reply(number, handler, message)

    async def _reply(
        self, number: Any, handler: Callable[..., Awaitable[Any]], message: dict[str, Any]
    ) -> None:
        try:
            answer = {"type": "reply", "id": number, "value": await handler(message)}
            encode(answer)
        except GradatimError as error:
            answer = {"type": "reply", "id": number, "error": error.as_dict()}
        except Exception:
            log.exception("attempt %s: %s failed", self.live.attempt_id, message.get("op"))
            answer = {"type": "reply", "id": number, "error": INTERNAL}
        with contextlib.suppress(WebSocketDisconnect, RuntimeError):
            await self.send(answer)

    async def _op_play(self, message: dict[str, Any]) -> None:
        if "speed" in message:
            self.live.set_speed(message["speed"])
        self.live.play()

    async def _op_pause(self, message: dict[str, Any]) -> None:
        self.live.pause()

    async def _op_speed(self, message: dict[str, Any]) -> None:
        self.live.set_speed(message.get("speed"))

    async def _op_step(self, message: dict[str, Any]) -> Any:
        seconds = number_of(message, "seconds", 1.0, 86_400.0)
        self.live.pause()
        return await self._changing(self.room.advance, seconds)

    async def _op_next_alert(self, message: dict[str, Any]) -> Any:
        """Stretch by stretch: every tab sees the clock run, and is answered between two of them."""
        self.live.pause()
        end_s = await asyncio.to_thread(self.room.seek_end_s)
        while True:
            clock = await self._changing(self.room.seek, end_s)
            if clock["found"] or clock["t_s"] >= end_s or self.live.playing:
                return clock

    async def _op_act(self, message: dict[str, Any]) -> Any:
        return await self._changing(self.room.act, dict_of(message, "action"))

    async def _op_preview(self, message: dict[str, Any]) -> Any:
        return await asyncio.to_thread(self.room.preview, dict_of(message, "action"))

    async def _op_query(self, message: dict[str, Any]) -> Any:
        return await asyncio.to_thread(self.room.query, text_of(message, "sql"))

    async def _op_log(self, message: dict[str, Any]) -> Any:
        wanted = {
            k: message[k] for k in ("match", "level", "component", "before_s") if message.get(k) is not None
        }
        limit = int(number_of({"limit": 400, **message}, "limit", 1, 2000))
        return await asyncio.to_thread(lambda: self.room.log(**wanted, limit=limit))

    async def _op_notes(self, message: dict[str, Any]) -> None:
        text = text_of(message, "text")
        await asyncio.to_thread(self.room.set_notes, text)
        self.live.tell_others(self._seat, {"type": "notes", "text": text})

    async def _op_read_notes(self, message: dict[str, Any]) -> str:
        return str(await asyncio.to_thread(self.room.notes))

    async def _op_rewind(self, message: dict[str, Any]) -> Any:
        to_s = number_of(message, "to_s", 0.0, 1e9)
        self.live.pause()
        done = await asyncio.to_thread(self.room.rewind, to_s)
        self.live.rewritten()
        return done

    async def _op_fork(self, message: dict[str, Any]) -> dict[str, Any]:
        at_s = number_of(message, "at_s", 0.0, 1e9)
        made = await asyncio.to_thread(self.service.fork, self.live.attempt_id, at_s)
        return {"id": made["id"], "url": f"/attempts/{made['id']}/room"}

    async def _op_finish(self, message: dict[str, Any]) -> dict[str, Any]:
        self.live.pause()
        await self._changing(self.service.finish, self.live.attempt_id)
        url = f"/attempts/{self.live.attempt_id}"
        self.live.tell_others(self._seat, {"type": "finished", "url": url})
        return {"url": url}

    async def _changing(self, call: Callable[..., Any], *args: Any) -> Any:
        done = await asyncio.to_thread(call, *args)
        self.live.wake()
        return done
