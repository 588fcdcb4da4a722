"""Mid-level to senior AI engineer: the path that comes with Gradatim. Found by the entry point `gradatim.content`."""

from pathlib import Path

FOLDER = Path(__file__).parent
"""The pack: `path.toml` here, labs under `<module>/<lab>/`."""
