"""What an action would do, as far as an operator can know before it is done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gradatim.core.errors import GradatimError
from gradatim.sim.actions import ACTIONS, parse_action
from gradatim.sim.actions import kinds as k
from gradatim.sim.actions.guardrails import upkeep_usd
from gradatim.sim.platform import operate
from gradatim.sim.platform.setup import CLIENT_SHARES, MAX_REPLICAS, PRICES

if TYPE_CHECKING:
    from gradatim.sim.platform.world import World


def preview(world: World, message: Any) -> dict[str, Any]:
    """{problems, touches, expected, risk, undo, effective_at_s, cost_usd}. Never raises for a bad message."""
    nothing = {
        "touches": "",
        "expected": "",
        "risk": "",
        "undo": "",
        "effective_at_s": None,
        "cost_usd": None,
    }
    try:
        action = parse_action(message)
    except GradatimError as e:
        return {**nothing, "problems": list(getattr(e, "problems", [])) or [e.describe()]}
    reason = operate.refusal(world, action)
    touches, expected, risk, undo = _says(world, action)
    cost = operate.price(action)
    return {
        "problems": [reason] if reason else [],
        "touches": touches,
        "expected": expected,
        "risk": risk,
        "undo": undo,
        "effective_at_s": world.now_s + action.delay_s,
        "cost_usd": cost,
    }


def title(message: dict[str, Any]) -> str:
    """An action in a few words, for marks and lists."""
    action = ACTIONS[message["kind"]].model_validate(message)
    if isinstance(action, k.Diagnose):
        return f"diagnosis: {action.component}, {action.mechanism.replace('_', ' ')}, {action.scope}"
    if isinstance(action, k.StatusUpdate):
        return f"update: {action.impact}"
    if isinstance(action, k.Acknowledge):
        return "acknowledge"
    if isinstance(action, k.Answer):
        return f"answer {action.message}: {action.fact}"
    return operate.describe(action)


def _users(scope: str) -> str:
    share = sum(CLIENT_SHARES.values()) if scope == "all" else CLIENT_SHARES[scope]
    return f"{100 * share:.0f} % of users ({'all clients' if scope == 'all' else scope})"


def _rate(world: World, scope: str = "all") -> float:
    """First attempts per second over the last six ticks, as the gateway counted them."""
    n = world.n_control
    lo = max(0, n - 6)
    if n == lo:
        return 0.0
    if scope == "all":
        return float(world.record().ticks["arrivals"][lo:n].mean()) / world.tick_s
    i = list(CLIENT_SHARES).index(scope)
    return float(world.sim.client_ticks[lo:n, i, 0].mean()) / world.tick_s


def _requests(rate: float) -> str:
    return f"{rate:.0f} requests" if rate >= 10 else f"{rate:.1f} requests"


def _lost(world: World, price: str, rate: float) -> str:
    """What a rate of requests costs when each comes to `price` of the sheet instead of a good answer."""
    good_usd = PRICES["value_good_usd"] if world.quality is None else world.quality.usual_usd
    usd_per_s = (good_usd - PRICES[price]) * rate
    # By the minute, or by the hour where ticks are long.
    return f"${usd_per_s * 3600:,.0f} an hour" if world.scenario.slow else f"${usd_per_s * 60:,.0f} a minute"


def _says(world: World, a: k.Action) -> tuple[str, str, str, str]:
    ops = world.ops
    if isinstance(a, k.Shed):
        rate = a.share * _rate(world, a.client)
        return (
            _users(a.client),
            f"about {_requests(rate)} a second are refused at the gateway",
            f"each refused request is a traveller without an answer: about {_lost(world, 'value_failed_usd', rate)}",
            "set the share to 0, or ramp back",
        )
    if isinstance(a, k.Ramp):
        return (
            _users(a.client),
            f"full admission in {max(a.over_s, world.tick_s):.0f} s",
            "too fast, and the load returns before the service can carry it",
            "shed again",
        )
    if isinstance(a, k.FallBack):
        rate = a.share * _rate(world, a.client)
        return (
            f"{100 * a.share:.0f} % of {_users(a.client)}",
            f"about {_requests(rate)} a second never reach a replica",
            f"answers from the table are worth less: about {_lost(world, 'value_fallback_usd', rate)}",
            "share 0",
        )
    if isinstance(a, k.Scale):
        more = a.replicas - ops.replicas
        cold = world.scenario.config.cold_start_s
        if more > 0:
            return (
                f"{more} more replicas, quota {MAX_REPLICAS}",
                f"ready {cold:.0f} s after they start",
                f"${more * operate.REPLICA_USD_PER_H:,.0f} an hour while they are wanted",
                "scale back",
            )
        return (
            f"{-more} fewer replicas",
            "they finish their queues and stop",
            "less room for peaks",
            f"scale up: {cold:.0f} s",
        )
    if isinstance(a, k.Restart):
        cold = world.sim.pools[0].restart_s
        if a.how == "all_at_once":
            return (
                "every replica",
                "queues and work in hand are lost; all return at once",
                f"no answers for about {cold:.0f} s",
                "none",
            )
        return (
            f"one replica every {2 * world.tick_s:.0f} s",
            f"each is away for {cold:.0f} s",
            "a fleet that is full has even less room",
            "none",
        )
    if isinstance(a, k.SetRetryBudget | k.SetRetries | k.SetTimeout):
        return (
            f"{_users(a.client)}, where the release reads remote configuration",
            "clients take it up within a minute",
            "requests that a further try would have saved fail",
            "set it back: 60 s",
        )
    if isinstance(a, k.Rollback):
        change = world.change(a.change)
        what = change.text if change else "no such change"
        slow = change is not None and change.component == "clients" and "app" in what
        return (
            what,
            "as before the change" + (", as users update: about 25 min" if slow else ""),
            "whatever the change was made for is undone too",
            "roll it out again, not in this shift",
        )
    if isinstance(a, k.SetQueueLimit):
        return (
            "every replica",
            f"at most {a.limit} waiting; now {world.sim.pools[0].queue_limit}",
            "a short queue refuses more at peaks, a long one serves clients that have gone",
            "set it back",
        )
    if isinstance(a, k.SetBatching):
        return (
            "every replica",
            f"batches of up to {a.max_batch}, waiting {a.max_wait_ms} ms",
            "larger batches answer later, smaller ones serve fewer",
            "set it back",
        )
    if isinstance(a, k.AnswerOnFailure):
        return (
            "requests whose every attempt failed",
            f"they get: {a.answer}",
            "a failure is less visible",
            "set it back",
        )
    if isinstance(a, k.ShiftTraffic):
        return (
            f"{100 * a.previous_share:.0f} % of users",
            "replicas of the previous version start cold",
            "less room for the current version",
            "share 0",
        )
    if isinstance(a, k.PrewarmCache):
        return (
            "feature cache",
            "the hottest features are loaded over about ten minutes",
            "reads from the feature store",
            "none",
        )
    if isinstance(a, k.RerunJob | k.SetFeature | k.Quarantine | k.Retrain | k.Deploy | k.DifferentialTest):
        return _model_says(a)
    if isinstance(a, k.ChangeAlert):
        return (
            f"whoever {a.alert} tells",
            f"thresholds times {a.times:g} from then on",
            "too high, and the next incident is found by its victims; too low, and nobody reads it",
            "times 1",
        )
    if isinstance(a, k.SetMemoryLimit):
        return (
            "every replica",
            f"a replica above {a.limit_mb:,} MB is killed",
            "below what a replica needs, all of them are killed in turn",
            "set it back",
        )
    if isinstance(a, k.Drain):
        return f"replica {a.replica}", "takes nothing new", "one replica less", "restart it"
    if isinstance(a, k.Page):
        return f"{a.team} on-call", "answers in a few minutes", "somebody is woken", "none"
    if isinstance(a, k.DeclareOver):
        return (
            "the incident",
            "stakeholders stand down",
            f"wrong if travellers are still affected in the next {'six hours' if world.scenario.slow else 'half hour'}",
            "none",
        )
    if isinstance(a, k.SubmitPrevention):
        upkeep = upkeep_usd(a.guardrails)
        each, total = " + ".join(f"${usd:,}" for usd in upkeep), f"${sum(upkeep):,} a quarter"
        return (
            "the next quarter, nothing of this shift",
            f"to run: {each} = {total}" if len(upkeep) > 1 else f"to run: {total}",
            "what is too tight blocks good releases, refuses honest peaks and pages for nothing",
            "hand in another one: the last one counts",
        )
    return "nobody's requests", a.help, "none", "none"


def _model_says(a: k.Action) -> tuple[str, str, str, str]:
    """As `_says`, for actions on data and models."""
    if isinstance(a, k.RerunJob):
        return (
            f"the table of {a.job}",
            "what the source has now",
            "a source that is wrong brings the same",
            "none",
        )
    if isinstance(a, k.SetFeature):
        what = {
            "live": "fresh values",
            "missing": "no values",
            "last_good": "values of the last validated day",
        }
        return (
            f"all answers, through the {a.features} features",
            f"the model is fed {what[a.mode]}",
            "a model that leans on them answers worse"
            if a.mode != "live"
            else "whatever is wrong in them is served",
            "set it back: ten minutes",
        )
    if isinstance(a, k.Quarantine):
        return (
            f"rows of {a.source} from {a.hours_back:g} hours ago on",
            "rows with an error code are neither served nor trained on",
            "what is held is missing",
            "none on this shift",
        )
    if isinstance(a, k.Retrain):
        rows = "this week's rows" if a.rows == "recent" else "this week's rows and the archive"
        return (
            "the registry",
            f"a new version from {rows} as they are by then",
            "it learns what is wrong in them",
            "none",
        )
    if isinstance(a, k.Deploy):
        return (
            "all answers",
            f"{a.version} serves",
            "answers are those of that version",
            "deploy another: fifteen minutes",
        )
    return "nobody's requests", "a report in forty minutes", "time passes", "none"
