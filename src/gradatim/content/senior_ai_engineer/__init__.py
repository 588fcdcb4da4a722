"""Mid-level to senior AI engineer: the path that comes with Gradatim, found by its entry point."""

from pathlib import Path

FOLDER = Path(__file__).parent
"""The pack: `path.toml` here, labs under `<module>/<lab>/`."""
