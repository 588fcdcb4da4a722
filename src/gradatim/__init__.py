"""Gradatim: from mid-level to senior AI engineer, step by step."""

__version__ = "0.1.0"
