"""Performed tasks: a folder of the learner's code, judged by running it. See docs/design/tasks.md."""
