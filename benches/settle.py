"""The measuring half of `benches/settle`; run that."""

import json
import os
import platform
import statistics
import subprocess
import sys
import time

THREADS = 2

# Billionths of a dollar per token; the same list as crates/settlement/examples/scan.rs.
PRICES = [
    ("gpt-4", 30_000, 30_000, 60_000),
    ("gpt-4o", 2_500, 1_250, 10_000),
    ("gpt-4o-mini", 150, 75, 600),
    ("o1", 15_000, 7_500, 60_000),
    ("o3-mini", 1_100, 550, 4_400),
    ("phi-4", 125, 125, 500),
]

# Every sum is HUGEINT, 128 bits, so nothing is rounded. The products per row fit 64 bits, which
# is the quickest exact form.
SUM_THEN_MULTIPLY = """
    WITH sums AS (
        SELECT day, channel, product, model, host, count(*) AS events,
               sum(input_tokens)::HUGEINT AS input,
               sum(cached_input_tokens)::HUGEINT AS cached,
               sum(output_tokens)::HUGEINT AS output
        FROM read_parquet('{files}', hive_partitioning = true)
        GROUP BY ALL)
    SELECT day, channel, product, model, host, events, input, cached, output,
           input * p_input + cached * p_cached + output * p_output
    FROM sums JOIN prices USING (model)
    ORDER BY ALL
"""
MULTIPLY_PER_ROW = """
    SELECT day, channel, product, model, host, count(*),
           sum(input_tokens)::HUGEINT, sum(cached_input_tokens)::HUGEINT,
           sum(output_tokens)::HUGEINT,
           sum(input_tokens * p_input + cached_input_tokens * p_cached
               + output_tokens * p_output)::HUGEINT
    FROM read_parquet('{files}', hive_partitioning = true) JOIN prices USING (model)
    GROUP BY ALL
    ORDER BY ALL
"""
QUERIES = {"sum": SUM_THEN_MULTIPLY, "row": MULTIPLY_PER_ROW}


def duckdb_once(form, store):
    """One process's work: the query once to warm up, then once measured."""
    import duckdb

    con = duckdb.connect()
    con.execute(f"SET threads = {THREADS}")
    con.execute(
        "CREATE TABLE prices (model VARCHAR, p_input BIGINT, p_cached BIGINT, p_output BIGINT)"
    )
    con.executemany("INSERT INTO prices VALUES (?, ?, ?, ?)", PRICES)
    query = QUERIES[form].format(files=f"{store}/day=*/*.parquet")
    for _ in range(2):
        started = time.perf_counter()
        groups = con.execute(query).fetchall()
        seconds = time.perf_counter() - started
    groups = [[str(group[0]), *group[1:]] for group in groups]
    json.dump({"seconds": [seconds], "groups": groups}, sys.stdout)


def run(command):
    started = time.perf_counter()
    out = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout
    process = time.perf_counter() - started
    answer = json.loads(out)
    return answer["seconds"][-1], process, answer["groups"]


def main(scan, store, rows, runs):
    import duckdb

    rows, runs = int(rows.replace("_", "")), int(runs)
    sides = {
        "charterparty scan": [scan, store, "2"],
        "DuckDB, sum then multiply": [sys.executable, __file__, "--duckdb", "sum", store],
        "DuckDB, multiply per row": [sys.executable, __file__, "--duckdb", "row", store],
    }
    times = {side: [] for side in sides}
    processes = {side: [] for side in sides}
    for turn in range(runs + 1):
        answers = {}
        for side, command in sides.items():
            seconds, process, answers[side] = run(command)
            if turn:  # The first turn warms the machine up.
                times[side].append(seconds)
                processes[side].append(process)
        first, *others = answers.values()
        if any(other != first for other in others):
            sys.exit("the answers differ: nothing was measured")
    events = sum(group[5] for group in first)
    amount = sum(group[9] for group in first)
    if events != rows:
        sys.exit(f"{events} calls were added up, not {rows}")

    print(f"{platform.platform()}, {len(os.sched_getaffinity(0))} cores, DuckDB {duckdb.__version__}")
    print(f"{rows:,} calls, {len(first):,} groups, {amount / 1e9:,.2f} USD: all three agree")
    print(f"median of {runs} alternating runs, {THREADS} threads each; process = with start-up")
    ours = statistics.median(times["charterparty scan"])
    for side in sides:
        seconds = statistics.median(times[side])
        process = statistics.median(processes[side])
        spread = f"{min(times[side]):.3f}–{max(times[side]):.3f}"
        print(
            f"  {side:<26} {seconds:.3f} s ({spread})  {rows / seconds / 1e6:6.1f} M rows/s  "
            f"{seconds / ours:4.2f} × ours   process {process:.3f} s"
        )


if __name__ == "__main__":
    if sys.argv[1] == "--duckdb":
        duckdb_once(*sys.argv[2:])
    else:
        main(*sys.argv[1:])
