"""Incident logs: one timeline, its milestones, a review draft, and a review's numbers checked against it."""
