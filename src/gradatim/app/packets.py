"""Packets: what one would share, the file, and checking somebody's file."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gradatim.core.errors import GradatimError, InputError, StateError, UnknownName

if TYPE_CHECKING:
    from gradatim.app.app import App

FORMS = ("html", "json", "md", "pdf")
OWNER = "packet/owner"
MOST_DRAWS = 50


class Packets:
    """Use cases of the packet. `now` is UTC as the ledger writes it; None for the machine's clock."""

    def __init__(self, app: App) -> None:
        self._app = app

    def payload(
        self,
        *,
        owner: str | None = None,
        committee: str | None = None,
        withhold: Sequence[str] = (),
        everything: bool = False,
        now: str | None = None,
    ) -> dict[str, Any]:
        """What a packet would hold.

        Args:
            owner: the person's name; None for the one that was used last.
            committee: the day of the committee, like 2027-04-01.
            withhold: `E-012:context`, or `E-012:*` for all of an item.
            everything: every standing item, not the smallest set.

        Raises:
            InputError: lists every problem.
            StateError: the ledger cannot be read, or holds no item that stands.
        """
        from gradatim.app.keys import private_key
        from gradatim.path.evidence.signed import public_key
        from gradatim.path.packet.build import build
        from gradatim.path.packet.render import maker
        from gradatim.store.rows import utc_now

        store = self._app.store
        name, problems = self._owner(owner)
        if committee is not None and not _is_day(committee):
            problems.append(f"committee: {committee[:40]!r} is not a day like 2027-04-01")
        hidden = self._hidden(withhold, problems)
        if problems:
            raise InputError("this packet cannot be built", problems, next="gradatim packet build --help")
        return build(
            store.entries(),
            store.ledger_head(),
            self._app.evidence.rubric,
            owner=name,
            key=public_key(private_key(self._app.home)),
            made_by=maker(),
            now=now or utc_now(),
            committee=committee,
            hidden=hidden,
            everything=everything,
            ledger_problems=store.verify_ledger(),
            opportunities=self._app.evidence.opportunities(now=now),
            ratings=self._app.reviews.ratings(),
        )

    def preview(self, **wanted: Any) -> dict[str, Any]:
        """What a packet would share, entry by entry, and its verdict; nothing is written. Raises as `payload`."""
        from gradatim.path.packet.page import page_facts

        return self._summary(payload := self.payload(**wanted), page_facts(payload))

    def build(self, form: str = "html", **wanted: Any) -> tuple[bytes, dict[str, Any]]:
        """The file in one of the forms html, json, md, pdf, and its preview. Raises as `payload`."""
        from gradatim.app.keys import private_key
        from gradatim.path.packet.page import page_facts
        from gradatim.path.packet.pdf import pdf
        from gradatim.path.packet.render import markdown, render
        from gradatim.path.packet.seal import seal, unseal

        if form not in FORMS:
            raise InputError(f"no packet form {form[:20]!r}", [f"there are {', '.join(FORMS)}"])
        payload = self.payload(**wanted)
        whole = seal(render(payload, "json" if form == "json" else "html"), private_key(self._app.home))
        digest = unseal(whole).digest
        data = whole
        if form == "md":
            data = markdown(payload, digest).encode()
        elif form == "pdf":
            data = pdf(payload, digest)
        self._app.store.set_setting(OWNER, payload["owner"])
        return data, {
            **self._summary(payload, page_facts(payload)),
            "form": form,
            "digest": digest,
            "bytes": len(data),
        }

    def verify(
        self,
        data: bytes,
        *,
        where: str = "",
        files: Path | None = None,
        quick: bool = False,
        fresh: int = 0,
        seed: int | None = None,
        copies: Sequence[tuple[str, bytes]] = (),
        run_code: bool | None = None,
        progress: Callable[[str], None] | None = None,
    ) -> dict[str, Any]:
        """Check somebody's packet: see `gradatim.path.packet.verify`.

        Args:
            copies: PDF or Markdown copies of it, each with its name; they are made again and compared.
            fresh: on how many draws of one's own each policy in the packet is played, and each task judged, again.
            seed: where those draws begin; None draws it, and the report says it.
            run_code: whether tasks and policies, which are its owner's code, are run in the sandbox; None for only
                where it closes files and network to them.

        Raises:
            InputError: it is no packet.
            VersionMismatch: a newer version made it.
        """
        from gradatim.path.packet.copies import check_copy
        from gradatim.path.packet.payload import read
        from gradatim.path.packet.verify import verify

        if not 0 <= fresh <= MOST_DRAWS:
            raise InputError(
                f"--fresh {fresh}", [f"from 0 to {MOST_DRAWS}"], next="gradatim packet verify --help"
            )
        found = verify(data, where=where, files=files, quick=quick, progress=progress, run_code=run_code)
        found.checks += [check_copy(data, name, copy) for name, copy in copies]
        report = found.as_dict()
        report["rubric"] = None
        if any(c["name"] == "ledger" for c in report["checks"]):
            own = self._app.evidence.rubric.model_dump(mode="json")
            same = read(data, where=where)["rubric"] == own
            report["rubric"] = (
                "the one of the path open here" if same else "another one than the path open here has"
            )
        report["fresh"] = (
            self._fresh(data, fresh, seed, progress, run_code) if fresh and report["checks"] else []
        )
        return report

    def badge(self, module_id: str, *, owner: str | None = None, now: str | None = None) -> dict[str, Any]:
        """An Open Badge 3.0 for a module whose lab was passed in an exam: `{credential, jwt, module}`.

        Raises:
            UnknownName: no such module.
            StateError: it has no lab yet, or no exam in it is passed.
        """
        from gradatim.app.keys import private_key
        from gradatim.path.evidence.signed import public_key
        from gradatim.path.packet.badge import credential, signed
        from gradatim.store.rows import utc_now

        name, problems = self._owner(owner)
        if problems:
            raise InputError("this badge cannot be made", problems, next="gradatim packet badge --help")
        modules = {m["id"]: m for m in self._app.path()["modules"]}
        if module_id not in modules:
            raise UnknownName("module", module_id, modules, next="gradatim path")
        module = modules[module_id]
        titles = {lab["id"]: lab["title"] for lab in self._app.labs() if lab["module"] == module_id}
        if not titles:
            raise StateError(
                f"{module['title']} has no lab yet",
                why="what cannot be practised cannot be shown",
                next="gradatim path",
            )
        exams = [
            e for e in map(self._passed, self._app.store.list_exams()) if e is not None and e["lab"] in titles
        ]
        if not exams:
            raise StateError(
                f"no exam in {module['title']} is passed", why=f"its labs: {', '.join(titles)}",
                next=f"gradatim exam start {next(iter(titles))}",
            )  # fmt: skip
        key = private_key(self._app.home)
        made = credential(
            owner=name, key=public_key(key), now=now or utc_now(), module=module,
            lab_titles=[titles[x] for x in dict.fromkeys(e["lab"] for e in exams)], exams=exams,
        )  # fmt: skip
        return {"module": module_id, "credential": made, "jwt": signed(made, key)}

    def _passed(self, exam: Any) -> dict[str, Any] | None:
        """What a badge names of an exam of the learner's that is passed; None for any other."""
        from gradatim.core.canonical import digest

        verdict = exam.verdict
        if verdict is None or verdict.get("status") != "pass" or exam.player != "learner":
            return None
        return {
            "id": exam.id,
            "lab": exam.lab_id,
            "lab_version": exam.lab_version,
            "skill": verdict["skill"],
            "pass_mark": verdict["pass_mark"],
            "instances": len(verdict["instances"]),
            "grade": verdict.get("grade", exam.grade),
            "hash": digest(verdict),
        }

    def resume(self, *, owner: str | None = None, now: str | None = None) -> dict[str, Any]:
        """The packet's items as JSON Resume. Raises as `payload`."""
        from gradatim.path.packet.page import page_facts
        from gradatim.path.packet.resume import resume

        payload = self.payload(owner=owner, now=now)
        facts = page_facts(payload)
        titles = {d["id"]: d["title"] for d in facts["dimensions"]}
        return resume(
            payload["owner"], facts["items"], payload["verdict"]["levels"], titles, made_at=payload["made_at"]
        )

    def _fresh(
        self,
        data: bytes,
        count: int,
        seed: int | None,
        progress: Callable[[str], None] | None,
        run_code: bool | None,
    ) -> list[dict[str, Any]]:
        from gradatim.path.packet.fresh import artefacts, described, rejudge
        from gradatim.path.packet.payload import opened_records, read

        try:
            _, shown = opened_records(read(data))
        except GradatimError:
            return []
        first = secrets.randbits(120) if seed is None else seed
        rows = []
        for item, source in artefacts(shown):
            row: dict[str, Any] = {"item": item, "seed": str(first), "draws": [], "skill": None}
            row["kind"] = "task" if source.get("type") == "task" else "policy"
            try:
                row |= rejudge(source, first, count, progress, run_code=run_code)
            except GradatimError as error:
                row["failed"] = [described(error)]
            except (AttributeError, KeyError, TypeError, ValueError) as error:
                # Whoever sealed the file may have put anything that is JSON in there.
                row["failed"] = [f"what it carries is malformed: {type(error).__name__}"]
            rows.append(row)
        return rows

    def _summary(self, payload: dict[str, Any], facts: dict[str, Any]) -> dict[str, Any]:
        from gradatim.core.chain import parse
        from gradatim.path.packet.payload import shared

        return {
            "owner": payload["owner"],
            "headline": facts["headline"],
            "verdict": payload["verdict"],
            "panel": payload["panel"],
            "dimensions": [
                {k: d[k] for k in ("id", "title", "level", "word", "supported", "panel", "rests_on")}
                | {"items": [i["id"] for i in d["all"]]}
                for d in facts["dimensions"]
            ],
            "items": facts["items"],
            "fragile": payload["fragile"],
            "not_proved": payload["not_proved"],
            "cover": payload["cover"],
            "anchors": facts["anchors"],
            "ledger_problems": payload["ledger_problems"],
            "shares": shared(parse(e) for e in payload["chain"]),
            "key": facts["key"],
        }

    def _owner(self, owner: str | None) -> tuple[str, list[str]]:
        from gradatim.path.evidence import visible

        given = owner if owner is not None else self._app.store.get_setting(OWNER, "")
        name = visible(" ".join(str(given).split()), lines=False)
        if not name:
            return "", ["owner: your name is missing (--owner NAME; it is remembered)"]
        return name, ["owner: longer than 120 characters"] if len(name) > 120 else []

    def _hidden(self, withhold: Sequence[str], problems: list[str]) -> set[tuple[int, str]]:
        from gradatim.path.evidence.record import number_of
        from gradatim.path.packet.payload import can_be_withheld

        entries = {e.number: e for e in self._app.store.entries()} if withhold else {}
        hidden = set()
        for text in withhold:
            item, _, name = text.partition(":")
            entry = entries.get(number_of(item) or 0)
            if entry is None:
                problems.append(f"withhold: no item {item[:20]!r}")
            elif name in entry.fields and not can_be_withheld(entry, name):
                problems.append(f"withhold: {item}: {name} is always shown")
            elif name != "*" and name not in entry.fields:
                problems.append(
                    f"withhold: {item} has no field {name[:40]!r}; it has {', '.join(sorted(entry.fields))}"
                )
            else:
                named = entry.fields if name == "*" else [name]
                hidden |= {(entry.number, n) for n in named if can_be_withheld(entry, n)}
        return hidden


def _is_day(text: str) -> bool:
    import datetime

    try:
        datetime.date.fromisoformat(text)
    except ValueError:
        return False
    return re.fullmatch(r"\d{4}-\d\d-\d\d", text) is not None
