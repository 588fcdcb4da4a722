"""The system's own words: clients, components, mechanisms, scopes. A diagnosis is made of these."""

from __future__ import annotations

CLIENTS = ("web", "ios", "android", "partner")
AIRPORTS = ("EWR", "JFK", "LGA")
HOURS_VERSIONS = ("v1", "v2", "v3")
DAYS_VERSIONS = ("v4", "v5", "v6", "r1", "r2", "r3")
"""Model versions by number, on shifts of hours and of days; from `FIRST_FIT` on they are retrained ones."""
PREVIOUS, CURRENT, FIRST_FIT = 0, 1, 3
COMPONENTS = (
    "clients",
    "gateway",
    "predict",
    "features",
    "weather",
    "bookings",
    "labels",
    "scaler",
    "deployer",
    "hosts",
    "notify",
    "metrics",
    "none",
)
MECHANISMS = {
    "retry_amplification": "retries of failed attempts keep the fleet overloaded after the trigger is gone",
    "abandoned_work": "queues are so deep that replicas work for clients that have gone",
    "cold_cache": "the cache is cold, and the load keeps it from filling",
    "demand_above_capacity": "honest demand is above what the fleet can serve",
    "slow_hardware": "a host or a pool is slow",
    "slow_model": "a model version needs more time or memory per request",
    "batch_wait": "requests wait too long for a batch to fill",
    "memory_leak": "memory grows until replicas restart",
    "bad_features": "feature values are wrong or missing",
    "stale_data": "data is older than the model expects",
    "misrouting": "requests reach the wrong variant",
    "label_delay": "late labels look like a quality drop",
    "limit_reached": "a quota or connection limit is hit",
    "error_code": "a source's error code is stored and used as if it were a value",
    "feature_skew": "a feature is computed differently when serving than when training",
    "harmless_shift": "inputs moved, answers are as good as before",
    "telemetry_fault": "the measurement is broken, the service is not",
    "real_drift": "the world changed: base rate or calibration moved",
    "nothing_wrong": "nothing is wrong: it passes by itself",
}
SCOPES = (
    "all",
    "web",
    "ios",
    "android",
    "partner",
    "EWR",
    "JFK",
    "LGA",
    "one_replica",
    "one_host",
    "one_version",
    "none",
)
SURFACES = ("predictions", "latency", "data_quality", "everything")
TEAMS = ("platform", "mobile", "web", "data", "partners", "network")
