"""The lab kernel: load, present, live, judge, score, replay, what-if, check. Knows no face and no store."""
