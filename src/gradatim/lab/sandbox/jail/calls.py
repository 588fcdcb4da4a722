"""A folder of the learner's modules, called function by function; the other side decides what is called.

Nothing here knows what is right: inputs come in, values go out, and are judged where learner code cannot reach.
"""

from __future__ import annotations

import builtins
import importlib
import importlib.util
import linecache
import sys
import types
from collections.abc import Callable, Sequence
from importlib.machinery import ModuleSpec
from typing import Any

from .channel import Channel
from .play import Player
from .serve import serve


class Stopped(BaseException):
    """The other side ended the run in the middle, as a crash would. Not an Exception, so that it passes."""


class Shelf:
    """Finds modules among the texts of a folder, and stand-ins whose functions are answered elsewhere."""

    def __init__(self, files: dict[str, str], stubs: dict[str, list[str]], ask: Callable[..., Any]) -> None:
        self.sources = {path[:-3].replace("/", "."): (path, text) for path, text in files.items()}
        self.stubs, self._ask = stubs, ask
        self._compiled: dict[str, types.CodeType] = {}

    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        """The spec of a module of the folder; None leaves the name to the standard library."""
        package = name not in self.sources and any(n.startswith(name + ".") for n in self.sources)
        if name in self.sources or name in self.stubs or package:
            spec = ModuleSpec(name, self, origin=self.sources.get(name, (name, ""))[0], is_package=package)  # type: ignore[arg-type]
            spec.has_location = False
            return spec
        return None

    def create_module(self, spec: ModuleSpec) -> None:
        """The usual module."""

    def exec_module(self, module: types.ModuleType) -> None:
        """Fill the module."""
        name = module.__name__
        if name in self.stubs:
            for function in self.stubs[name]:
                setattr(module, function, self._stand_in(name, function))
        elif name in self.sources:
            path, text = self.sources[name]
            module.__file__ = path
            code = self._compiled.get(path)
            if code is None:
                code = self._compiled[path] = compile(text, path, "exec", dont_inherit=True)
            exec(code, module.__dict__)

    def _stand_in(self, port: str, function: str) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            return self._ask(port, function, args, kwargs)

        call.__name__ = call.__qualname__ = function
        return call


class Port:
    """An object whose methods are answered on the other side."""

    def __init__(self, name: str, methods: Sequence[str], ask: Callable[..., Any]) -> None:
        for method in methods:
            setattr(self, method, self._method(name, method, ask))

    @staticmethod
    def _method(name: str, method: str, ask: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            return ask(name, method, args, kwargs)

        return call


class Calls(Player):
    """The learner's folder in its process.

    Args:
        channel: frames to and from the other side.
        listener: the descriptor on which connections arrive, or -1.
    """

    def __init__(self, channel: Channel, listener: int) -> None:
        super().__init__(channel)
        self._listener = listener
        self._shelf = Shelf({}, {}, self._ask)
        self._kept: dict[str, Any] = {}

    def _own(self) -> tuple[str, ...]:
        return tuple(path for path, _ in self._shelf.sources.values())

    def _answer(self, message: dict[str, Any]) -> dict[str, Any]:
        verb = message["type"]
        if verb == "load":
            self._shelve(message["files"], message["stubs"])
            return {"type": "loaded"}
        if verb == "fresh":
            self._forget()
            return {"type": "reply", "value": None}
        if verb == "keep":
            self._kept[message["name"]] = self._value(message["value"])
            return {"type": "reply", "value": None}
        if verb == "names":
            module = importlib.import_module(message["module"])
            names = [n for n, v in vars(module).items() if n.startswith(message["prefix"]) and callable(v)]
            return {"type": "reply", "value": names}
        if verb == "serve":
            handler = getattr(importlib.import_module(message["module"]), message["function"])
            serve(self._listener, handler)
            return {"type": "reply", "value": None}
        function = getattr(importlib.import_module(message["module"]), message["function"])
        args = [self._value(a) for a in message["args"]]
        return {"type": "reply", "value": function(*args)}

    def _shelve(self, files: dict[str, str], stubs: dict[str, list[str]]) -> None:
        if self._shelf in sys.meta_path:
            self._forget()
            sys.meta_path.remove(self._shelf)
        self._shelf = Shelf(files, stubs, self._ask)
        # Before the standard library: a learner's module of that name is theirs, and seen at once.
        sys.meta_path.insert(0, self._shelf)
        for path, text in files.items():
            linecache.cache[path] = (len(text), None, text.splitlines(keepends=True), path)

    def _forget(self) -> None:
        """Drop every module of the learner's, as a new process would."""
        mine = {*self._shelf.sources, *self._shelf.stubs}
        for name in [n for n in sys.modules if n in mine or any(m.startswith(n + ".") for m in mine)]:
            del sys.modules[name]

    def _value(self, value: Any) -> Any:
        """A value from the wire: plain, or {"$array": ...}, {"$kept": name}, {"$port": name, "methods": [...]}."""
        if isinstance(value, dict):
            if "$array" in value:
                import numpy

                return numpy.asarray(value["$array"], dtype=value.get("dtype", "float64"))
            if "$kept" in value:
                return self._kept[value["$kept"]]
            if "$port" in value:
                return Port(value["$port"], value["methods"], self._ask)
        return value

    def _ask(self, port: str, method: str, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        answer = self._asked(
            {"type": "ask", "port": port, "method": method, "args": list(args), "kwargs": kwargs}
        )
        if "raise" in answer:
            kind = getattr(builtins, answer["raise"], None)
            if isinstance(kind, type) and issubclass(kind, Exception):
                raise kind(answer["message"])
            raise Stopped(answer["message"])
        return answer["result"]

    def _report(self, stage: str, error: BaseException) -> dict[str, Any]:
        kinds = [one.__name__ for one in type(error).__mro__]
        return {**super()._report(stage, error), "kinds": kinds[:12]}
