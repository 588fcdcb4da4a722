"""What production shows of a platform: series, alerts, logs, tables, and the papers on the desk.

Pure functions of a `Record` and its seed. Nothing here knows why anything happened, and observing changes
nothing. See docs/design/telemetry.md.
"""
