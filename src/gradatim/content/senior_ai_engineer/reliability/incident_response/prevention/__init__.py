"""Prevention after an incident: what guardrails would have done in a hidden quarter, in dollars."""
