"""Copies the calls of a usage store to files in which 0.3 % come twice, half of them in another file.

    duplicates.py STORE DIR
"""

import glob
import os
import sys

import duckdb

store, out = sys.argv[1:]
os.makedirs(out, exist_ok=True)
con = duckdb.connect()
con.execute("SET threads = 2")
con.execute("SET memory_limit = '2GB'")
segments = sorted(glob.glob(f"{store}/day=*/*.parquet"))
before = None
for number, segment in enumerate(segments):
    parts = [f"SELECT * FROM read_parquet('{segment}', hive_partitioning = false)"]
    parts.append(f"{parts[0]} WHERE hash(id) % 2000 IN (0, 1, 2)")
    if before:
        parts.append(
            f"SELECT * FROM read_parquet('{before}', hive_partitioning = false) "
            "WHERE hash(id) % 2000 IN (3, 4, 5)"
        )
    # As a UUID, the id stays 16 bytes of fixed length, which is how it is quickest for both.
    query = f"SELECT * REPLACE (lower(hex(id))::UUID AS id) FROM ({' UNION ALL '.join(parts)})"
    con.execute(f"COPY ({query}) TO '{out}/{number:05}.parquet' (FORMAT parquet)")
    before = segment
rows = con.execute(f"SELECT count(*) FROM read_parquet('{out}/*.parquet')").fetchone()[0]
print(f"{rows:,} rows in {len(segments)} files")
