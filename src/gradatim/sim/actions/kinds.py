"""The action messages. Pydantic holds the types and bounds; `sim.platform.operate` gives them their effect.

Every class carries, beside its fields: `title` and `group` (how the room shows it), `delay_s` (from acceptance
to effect) and `changes_service` (false for talk and paperwork). Nothing here knows a fault.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from gradatim.core.errors import InputError, UnknownName
from gradatim.sim.actions.guardrails import MOST_GUARDRAILS, Guardrail
from gradatim.sim.platform.vocabulary import COMPONENTS, DAYS_VERSIONS, MECHANISMS, SCOPES, SURFACES, TEAMS

ClientScope = Literal["all", "web", "ios", "android", "partner"]
Share = Annotated[float, Field(ge=0.0, le=1.0)]


class Action(BaseModel):
    """Base of all action messages. Unknown fields, NaN and infinity are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, str_max_length=2000)

    title: ClassVar[str]
    group: ClassVar[str]
    help: ClassVar[str]
    delay_s: ClassVar[float] = 0.0
    changes_service: ClassVar[bool] = True
    kind: str


class Acknowledge(Action):
    kind: Literal["acknowledge"] = "acknowledge"
    title, group = "Acknowledge", "Talk"
    help = "Take the page. An unanswered page goes to the duty manager after five minutes."
    changes_service = False
    alert: str = Field(description="Alert id from the alerts table, or all.", max_length=80)


class Rollback(Action):
    kind: Literal["rollback"] = "rollback"
    title, group = "Roll back", "Roll back"
    help = "Undo one change from the change history: a model version, a configuration value, or a release."
    delay_s = 90.0
    change: str = Field(description="Change id from the history, for instance C-1042.", max_length=40)


class ShiftTraffic(Action):
    kind: Literal["shift_traffic"] = "shift_traffic"
    title, group = "Shift traffic", "Traffic"
    help = "Share of users, sticky by user, that the previous model version serves."
    delay_s = 30.0
    previous_share: Share = Field(
        description="0 sends all to the current version, 1 all to the previous one."
    )


class Shed(Action):
    kind: Literal["shed"] = "shed"
    title, group = "Shed load", "Shed"
    help = "Refuse a share of new requests at the gateway before they reach a replica. 1 stops the traffic."
    delay_s = 15.0
    client: ClientScope = Field("all", description="Whose requests.")
    share: Share = Field(description="Share of requests refused.")


class Ramp(Action):
    kind: Literal["ramp"] = "ramp"
    title, group = "Ramp back", "Shed"
    help = "Bring the refused share back to zero in equal steps, one a tick."
    delay_s = 15.0
    client: ClientScope = Field("all", description="Whose requests.")
    over_s: float = Field(300.0, ge=10, le=3600, description="Seconds from now to full admission.")


class FallBack(Action):
    kind: Literal["fall_back"] = "fall_back"
    title, group = "Fall back", "Fall back"
    help = "Answer a share of users from the late-rate table instead of the model. 0 ends it."
    delay_s = 45.0
    client: ClientScope = Field("all", description="Whose requests.")
    share: Share = Field(description="Share of users, sticky by user.")


class AnswerOnFailure(Action):
    kind: Literal["answer_on_failure"] = "answer_on_failure"
    title, group = "Answer on failure", "Fall back"
    help = "What a client gets when every attempt failed: an error, the late-rate table, or 'no offer'."
    delay_s = 45.0
    answer: Literal["error", "fallback", "default"] = Field(description="What the gateway returns.")


class Scale(Action):
    kind: Literal["scale"] = "scale"
    title, group = "Scale", "Scale"
    help = "Set the number of replicas. A new one is ready after its cold start; the quota is 14."
    delay_s = 20.0
    replicas: int = Field(ge=1, le=14, description="Replicas wanted.")


class Restart(Action):
    kind: Literal["restart"] = "restart"
    title, group = "Restart", "Scale"
    help = "Restart replicas. Their queues and the work in hand are lost."
    delay_s = 20.0
    how: Literal["rolling", "all_at_once"] = Field(
        "rolling", description="Rolling takes one replica every two ticks: 20 s, on a shift of days 10 min."
    )


class Drain(Action):
    kind: Literal["drain"] = "drain"
    title, group = "Drain a replica", "Scale"
    help = "Route nothing new to one replica; it finishes its queue and stays idle."
    delay_s = 10.0
    replica: int = Field(ge=0, le=13, description="Replica number.")


class SetTimeout(Action):
    kind: Literal["set_timeout"] = "set_timeout"
    title, group = "Client timeout", "Retries"
    help = "How long a client waits for one attempt, through remote configuration."
    delay_s = 60.0
    client: ClientScope = Field("all", description="Which clients.")
    timeout_ms: int = Field(ge=50, le=20_000, description="Milliseconds.")


class SetRetries(Action):
    kind: Literal["set_retries"] = "set_retries"
    title, group = "Attempts", "Retries"
    help = "How often a client tries and how it waits between attempts, through remote configuration."
    delay_s = 60.0
    client: ClientScope = Field("all", description="Which clients.")
    max_attempts: int = Field(ge=1, le=7, description="First attempt included.")
    backoff_ms: int = Field(
        100, ge=0, le=30_000, description="Wait before the second attempt; doubles after."
    )
    jitter: bool = Field(True, description="Full jitter: the wait is uniform between 0 and the backoff.")


class SetRetryBudget(Action):
    kind: Literal["set_retry_budget"] = "set_retry_budget"
    title, group = "Retry budget", "Retries"
    help = "Retries allowed per first attempt, through remote configuration. 0 forbids retries."
    delay_s = 60.0
    client: ClientScope = Field("all", description="Which clients.")
    ratio: float | None = Field(ge=0, le=1, description="For instance 0.1; null removes the budget.")


class SetBatching(Action):
    kind: Literal["set_batching"] = "set_batching"
    title, group = "Batching", "Replicas"
    help = "Largest batch, and how long a replica waits to fill it."
    delay_s = 30.0
    max_batch: int = Field(ge=1, le=16, description="Requests.")
    max_wait_ms: int = Field(ge=0, le=1000, description="Milliseconds.")


class SetQueueLimit(Action):
    kind: Literal["set_queue_limit"] = "set_queue_limit"
    title, group = "Queue limit", "Replicas"
    help = (
        "How many requests may wait at one replica. Over it, new ones are refused until the queue is shorter."
    )
    delay_s = 30.0
    limit: int = Field(ge=32, le=4096, description="Requests per replica, from 32.")


class PrewarmCache(Action):
    kind: Literal["prewarm_cache"] = "prewarm_cache"
    title, group = "Backfill the cache", "Run a job"
    help = "Run the feature backfill job: loads the hottest features into the cache; about ten minutes, $120."
    delay_s = 60.0


class RepairTelemetry(Action):
    kind: Literal["repair_telemetry"] = "repair_telemetry"
    title, group = "Restart an exporter", "Investigate"
    help = "Restart the exporter of one component's counters. The service is not touched; wrong counts stay wrong."
    delay_s = 60.0
    exporter: Literal["gateway", "clients", "predict", "features", "hosts"] = Field(
        description="Whose counters."
    )


class RerunJob(Action):
    kind: Literal["rerun_job"] = "rerun_job"
    title, group = "Re-run a job", "Run a job"
    help = "Backfill: read a source again from the beginning of the week; $60, half an hour. It brings what is there."
    delay_s = 1800.0
    job: Literal["weather", "congestion", "labels"] = Field(description="Which job.")


class SetFeature(Action):
    kind: Literal["set_feature"] = "set_feature"
    title, group = "Feature source", "Data"
    help = "Serve a group of features live, as missing, or as at the same hour of the last validated day."
    delay_s = 600.0
    features: Literal["weather", "congestion", "clock", "aircraft"] = Field(description="Which group.")
    mode: Literal["live", "missing", "last_good"] = Field(description="What the model is fed.")


class Quarantine(Action):
    kind: Literal["quarantine"] = "quarantine"
    title, group = "Quarantine rows", "Data"
    help = (
        "Rows of a source that hold an error code are neither served nor trained on, from some hours back on."
    )
    delay_s = 600.0
    source: Literal["weather", "congestion", "labels"] = Field(description="Whose rows.")
    hours_back: float = Field(24.0, ge=0, le=96, description="From how many hours ago.")


class Retrain(Action):
    kind: Literal["retrain"] = "retrain"
    title, group = "Retrain", "Model"
    help = "Fit on the rows and labels visible by then, wrong ones too; $300, ninety minutes. It registers a version."
    delay_s = 5400.0
    rows: Literal["recent", "all"] = Field("all", description="This week only, or with the archive.")


class Deploy(Action):
    kind: Literal["deploy"] = "deploy"
    title, group = "Deploy a version", "Model"
    help = "A registered model version takes all traffic."
    delay_s = 900.0
    version: Literal[DAYS_VERSIONS] = Field(description="A version of the registry.")  # type: ignore[valid-type]


class DifferentialTest(Action):
    kind: Literal["differential_test"] = "differential_test"
    title, group = "Differential test", "Investigate"
    help = (
        "Compare features as served with what training would compute; $60, the result comes in forty minutes."
    )
    delay_s = 2400.0
    changes_service = False


class SetMemoryLimit(Action):
    kind: Literal["set_memory_limit"] = "set_memory_limit"
    title, group = "Memory limit", "Replicas"
    help = "A replica above it is killed and comes back after a minute."
    delay_s = 30.0
    limit_mb: int = Field(ge=1024, le=16_384, description="Megabytes.")


class Silence(Action):
    kind: Literal["silence"] = "silence"
    title, group = "Silence an alert", "Talk"
    help = "No notifications of this alert for the given time."
    changes_service = False
    alert: str = Field(description="Alert id, or all.", max_length=80)
    for_s: float = Field(1800.0, ge=60, le=86_400, description="Seconds.")


class ChangeAlert(Action):
    kind: Literal["change_alert"] = "change_alert"
    title, group = "Change an alert", "Talk"
    help = "From now on the alert's thresholds are this many times what they are in the rule file; 1 sets them back."
    delay_s = 30.0
    alert: str = Field(description="Rule name, for instance QueueDepth.", max_length=80)
    times: float = Field(ge=0.1, le=10, description="Factor on each threshold of the rule file.")


class Trace(Action):
    kind: Literal["trace"] = "trace"
    title, group = "Trace requests", "Investigate"
    help = "Trace 200 requests end to end; the summary arrives in the inbox after four minutes."
    delay_s = 240.0
    changes_service = False
    client: ClientScope = Field("all", description="Whose requests.")


class Page(Action):
    kind: Literal["page"] = "page"
    title, group = "Page a colleague", "Talk"
    help = "Wake the on-call of another team: $150 each time."
    changes_service = False
    team: Literal[TEAMS] = Field(description="Team.")  # type: ignore[valid-type]


class StatusUpdate(Action):
    """Typed status update. The share is an interval for requests without a good answer since `since_min`."""

    kind: Literal["status_update"] = "status_update"
    title, group = "Post update", "Talk"
    help = "Tell stakeholders what is affected. It ends the silence; a wrong statement costs."
    changes_service = False
    impact: Literal["ok", "degraded", "down"] = Field(description="Impact on users now.")
    surface: Literal[SURFACES] = Field("predictions", description="What is affected.")  # type: ignore[valid-type]
    share_low: Share = Field(0.0, description="Lowest share of users affected.")
    share_high: Share = Field(1.0, description="Highest share of users affected.")
    cause: Literal["unknown", "suspected", "confirmed"] = Field(
        "unknown", description="How sure of the cause."
    )
    component: Literal[COMPONENTS] | None = Field(None, description="Which component.")  # type: ignore[valid-type]
    next_update_min: int = Field(30, ge=5, le=1440, description="Minutes until the next update.")

    @model_validator(mode="after")
    def _consistent(self) -> StatusUpdate:
        problems = []
        if self.share_low > self.share_high:
            problems.append("share_low is above share_high")
        if self.cause == "unknown" and self.component is not None:
            problems.append("an unknown cause names no component")
        if self.cause == "confirmed" and self.component is None:
            problems.append("a confirmed cause names its component")
        if problems:
            raise ValueError("; ".join(problems))
        return self


class TakeHint(Action):
    kind: Literal["take_hint"] = "take_hint"
    title, group = "Take a hint", "Talk"
    help = "The next hint of the lab, as a message; what it costs stands in the brief."
    changes_service = False


class Answer(Action):
    kind: Literal["answer"] = "answer"
    title, group = "Answer a question", "Talk"
    help = "Answer a stakeholder with one of the facts on offer, or say when you will know."
    changes_service = False
    message: str = Field(description="Message id from the inbox.", max_length=40)
    fact: str = Field(description="Fact id from the message, or unknown.", max_length=40)


class Diagnose(Action):
    kind: Literal["diagnose"] = "diagnose"
    title, group = "Commit diagnosis", "Diagnosis"
    help = "Commit where and what it is. The last commitment before the incident is declared over counts."
    changes_service = False
    component: Literal[COMPONENTS] = Field(description="Where.")  # type: ignore[valid-type]
    mechanism: Literal[tuple(MECHANISMS)] = Field(description="What.")  # type: ignore[valid-type]
    scope: Literal[SCOPES] = Field(description="Whose requests.")  # type: ignore[valid-type]
    sure: Share = Field(0.5, description="Your probability that all three are right.")


class DeclareOver(Action):
    kind: Literal["declare_over"] = "declare_over"
    title, group = "Declare over", "Talk"
    help = "Close the incident. Loss runs on to the end of the shift all the same."
    changes_service = False


class SubmitPrevention(Action):
    kind: Literal["submit_prevention"] = "submit_prevention"
    title, group = "Submit prevention", "Diagnosis"
    help = (
        "What should stand in the way of the next one, once a diagnosis is committed. Tried on a hidden quarter; "
        "nothing of this shift changes. The last one handed in counts, an empty list among them."
    )
    changes_service = False
    guardrails: list[Guardrail] = Field(max_length=MOST_GUARDRAILS, description="At most four guardrails.")


ACTIONS: dict[str, type[Action]] = {
    c.model_fields["kind"].default: c
    for c in (
        Acknowledge,
        Rollback,
        ShiftTraffic,
        Shed,
        Ramp,
        FallBack,
        AnswerOnFailure,
        Scale,
        Restart,
        Drain,
        SetTimeout,
        SetRetries,
        SetRetryBudget,
        SetBatching,
        SetQueueLimit,
        PrewarmCache,
        RepairTelemetry,
        RerunJob,
        SetFeature,
        Quarantine,
        Retrain,
        Deploy,
        DifferentialTest,
        SetMemoryLimit,
        Silence,
        ChangeAlert,
        Trace,
        Page,
        StatusUpdate,
        TakeHint,
        Answer,
        Diagnose,
        SubmitPrevention,
        DeclareOver,
    )
}

TALK = frozenset(
    (
        "acknowledge",
        "silence",
        "status_update",
        "take_hint",
        "answer",
        "diagnose",
        "submit_prevention",
        "declare_over",
    )
)
"""Kinds that are only said or written: they move nothing but the operators' own notes."""


def parse_action(message: Any) -> Action:
    """The typed action of a JSON message.

    Raises:
        UnknownName: the kind does not exist.
        InputError: fields are missing, unknown or out of bounds; all problems at once.
    """
    if isinstance(message, Action):
        return message
    if not isinstance(message, dict) or not isinstance(message.get("kind"), str):
        raise InputError('an action is an object with a text field "kind"', next="see the list of actions")
    cls = ACTIONS.get(message["kind"])
    if cls is None:
        # Whatever was sent, the answer is short and can be encoded.
        named = message["kind"][:60].encode("utf-8", "backslashreplace").decode()
        raise UnknownName("action", named, ACTIONS)
    try:
        return TypeAdapter(cls).validate_python(message, strict=False)
    except ValidationError as e:
        problems = [
            f"{'.'.join(str(p) for p in err['loc']) or message['kind']}: {err['msg']}"
            for err in e.errors(include_url=False, include_context=False, include_input=False)
        ]
        raise InputError(f'the action "{message["kind"]}" is malformed', problems) from None


def catalogue() -> list[dict[str, Any]]:
    """Every action with its form: kind, title, group, help, delay_s, changes_service and JSON Schema."""
    return [
        {
            "kind": kind,
            "title": c.title,
            "group": c.group,
            "help": c.help,
            "delay_s": c.delay_s,
            "changes_service": c.changes_service,
            "schema": c.model_json_schema(),
        }
        for kind, c in ACTIONS.items()
    ]
