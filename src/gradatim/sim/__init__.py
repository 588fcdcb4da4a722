"""The simulated platform: serving kernel, flight service, faults, actions, telemetry. Knows no lab."""
