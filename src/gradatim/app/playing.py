"""Policies and submissions made elsewhere."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gradatim.core.errors import InputError

if TYPE_CHECKING:
    from gradatim.app.app import App

LARGEST_SUBMISSION = 4_000_000


def play(
    app: App,
    lab_id: str,
    policy: Path,
    *,
    seed: int | None,
    family: str | None,
    progress: Callable[[float], None] | None,
) -> dict[str, Any]:
    """Play a policy file in its own process; the attempt is kept with its log and its outcome.

    Raises:
        PolicyError: the policy failed; nothing is kept.
    """
    from gradatim.app.figures import regret_of, verdict
    from gradatim.lab.live import LiveSession
    from gradatim.lab.policy import play_isolated
    from gradatim.store import NewAttempt

    lab = app._lab(lab_id)
    number = secrets.randbits(32) if seed is None else seed
    instance = lab.instance(number, family)
    app.exams.refuse_seed(lab_id, number)
    session = LiveSession(instance)
    play_isolated(session, policy, progress)
    outcome = session.finish()
    a = app.store.create_attempt(
        NewAttempt(
            lab_id=lab.id,
            lab_version=lab.spec.version,
            lab_digest=lab.digest,
            seed=number,
            family=family,
            kind="policy",
            player=policy.name[:80],
            t_s=instance.pace.start_s,
            actions=[(s.t_ms / 1000.0, s.action) for s in session.steps],
        )
    )
    a = app.store.finish_attempt(
        a.id,
        submission=session.submission().as_dict(),
        outcome=outcome.as_dict(),
        loss_micro=outcome.loss_micro,
        outcome_hash=outcome.hash,
        t_s=instance.pace.horizon_s,
    )
    app._referee(a)
    return {**verdict(a), **regret_of(app, a)}


def submit(app: App, lab_id: str, path: Path) -> dict[str, Any]:
    """Judge a submission file of a live lab.

    Raises:
        InputError: the file cannot be read or is no submission.
    """
    from gradatim.app.figures import regret_of, verdict
    from gradatim.lab.submission import Submission
    from gradatim.store import NewAttempt

    try:
        if path.stat().st_size > LARGEST_SUBMISSION:
            raise InputError(f"the file is larger than {LARGEST_SUBMISSION:,} bytes", where=str(path))
        data = json.loads(path.read_text(encoding="utf-8"))
    except OSError as e:
        raise InputError("the submission cannot be read", [e.strerror or str(e)], where=str(path)) from None
    except (ValueError, RecursionError) as e:
        raise InputError("the submission is not JSON", [str(e)[:200]], where=str(path)) from None
    sub = Submission.parse(data)
    lab = app._lab(lab_id)
    app.exams.refuse_seed(lab_id, sub.seed)
    instance = lab.instance(sub.seed, sub.family)
    outcome = instance.judge(sub)
    a = app.store.create_attempt(
        NewAttempt(
            lab_id=lab.id,
            lab_version=lab.spec.version,
            lab_digest=lab.digest,
            seed=sub.seed,
            family=sub.family,
            player=path.name[:80],
            t_s=instance.pace.start_s,
            actions=[(s.t_ms / 1000.0, s.action) for s in sub.actions],
        )
    )
    a = app.store.finish_attempt(
        a.id,
        submission=sub.as_dict(),
        outcome=outcome.as_dict(),
        loss_micro=outcome.loss_micro,
        outcome_hash=outcome.hash,
        t_s=instance.pace.horizon_s,
    )
    app._referee(a)
    return {**verdict(a), **regret_of(app, a)}
