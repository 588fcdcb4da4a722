"""What a policy may use."""

from __future__ import annotations

from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Limits:
    """Bounds on one run of learner code. Reaching one ends the run with an error; none alters an outcome.

    Attributes:
        load_cpu_s: CPU seconds to run the file once, its imports included.
        step_cpu_s: CPU seconds for one call of `policy`.
        step_wall_s: wall seconds for one call (and for loading), time inside `query` not counted.
        total_cpu_s: CPU seconds of the whole process, whole seconds.
        total_wall_s: wall seconds spent waiting for the policy in all.
        memory_mb: address space of the process in MiB (Linux).
        scratch_mb: size of the scratch folder in MiB, where one of its own can be mounted.
        threads: threads the process may have, where the kernel counts them per sandbox.
        output_kb: KiB of printed text that is kept; the rest is counted and dropped.
        source_kb: largest policy file in KiB.
        reply_kb: largest answer of a policy in KiB.
        actions_per_step: most actions in one answer.
        queries_per_step: most calls of `query` in one step.
        min_advance_s: the least simulated seconds an answer may ask for, so that a run ends.
    """

    load_cpu_s: float = 10.0
    step_cpu_s: float = 2.0
    step_wall_s: float = 10.0
    total_cpu_s: int = 120
    total_wall_s: float = 900.0
    memory_mb: int = 1024
    scratch_mb: int = 16
    threads: int = 64
    output_kb: int = 64
    source_kb: int = 256
    reply_kb: int = 256
    actions_per_step: int = 50
    queries_per_step: int = 100
    min_advance_s: float = 1.0

    def __post_init__(self) -> None:
        bad = [name for name, value in asdict(self).items() if not 0 < value < float("inf")]
        if bad:
            raise ValueError(f"limits must be positive and finite: {', '.join(bad)}")
