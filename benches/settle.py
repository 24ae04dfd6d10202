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

CLASSES = [
    "input", "cached_input", "cache_write", "audio_input", "image_input",
    "output", "reasoning", "audio_output", "image_output",
]
KEYS = "day, channel, product, model, host, tier"

# Every sum is HUGEINT, 128 bits, so nothing is rounded. The products per row fit 64 bits, which
# is the quickest exact form.
SUMS = ", ".join(f"sum({name}_tokens)::HUGEINT AS {name}" for name in CLASSES)
AMOUNT = "input * p_input + cached_input * p_cached + output * p_output"
ALL_CLASSES = f"""
    WITH sums AS (SELECT {KEYS}, count(*) AS events, sum(calls)::HUGEINT AS calls, {SUMS}
                  FROM {{calls}} GROUP BY ALL)
    SELECT {KEYS}, events, calls, {", ".join(CLASSES)}, {AMOUNT}
    FROM sums JOIN prices USING (model) ORDER BY ALL
"""
# Told beforehand which columns say the same in every row, and what.
THREE_CLASSES = f"""
    WITH sums AS (SELECT day, channel, product, model, host, 'standard' AS tier,
                         count(*) AS events,
                         sum(input_tokens)::HUGEINT AS input,
                         sum(cached_input_tokens)::HUGEINT AS cached_input,
                         sum(output_tokens)::HUGEINT AS output
                  FROM {{calls}} GROUP BY ALL)
    SELECT {KEYS}, events, events, input, cached_input, 0, 0, 0, output, 0, 0, 0, {AMOUNT}
    FROM sums JOIN prices USING (model) ORDER BY ALL
"""
STORED = "read_parquet('{files}', hive_partitioning = true)"
COLUMNS = ["channel", "product", "model", "host", "tier", "calls"]
COLUMNS += [f"{name}_tokens" for name in CLASSES]
# Each id once, as rows that came twice are equal.
DEDUPLICATED = f"""
    (SELECT id, any_value("at")::DATE AS day,
            {", ".join(f"any_value({name}) AS {name}" for name in COLUMNS)}
     FROM read_parquet('{{files}}') GROUP BY id)
"""
QUERIES = {
    "all": (ALL_CLASSES, STORED),
    "three": (THREE_CLASSES, STORED),
    "distinct": (ALL_CLASSES, DEDUPLICATED),
}


def duckdb_once(form, files):
    """One process's work: the query once to warm up, then once measured."""
    import duckdb

    con = duckdb.connect()
    con.execute(f"SET threads = {THREADS}")
    con.execute("SET TimeZone = 'UTC'")
    con.execute(
        "CREATE TABLE prices (model VARCHAR, p_input BIGINT, p_cached BIGINT, p_output BIGINT)"
    )
    con.executemany("INSERT INTO prices VALUES (?, ?, ?, ?)", PRICES)
    query, calls = QUERIES[form]
    query = query.format(calls=calls.format(files=files))
    for _ in range(2):
        started = time.perf_counter()
        groups = con.execute(query).fetchall()
        seconds = time.perf_counter() - started
    groups = [[str(group[0]), *group[1:]] for group in groups]
    json.dump({"seconds": [seconds], "groups": groups}, sys.stdout)


def run(command):
    """Seconds of the last round, seconds on a processor and MiB of the process, and the groups."""
    child = subprocess.Popen(command, stdout=subprocess.PIPE)
    out = child.stdout.read()
    _, status, used = os.wait4(child.pid, 0)
    if status:
        sys.exit(f"{command[0]} failed")
    answer = json.loads(out)
    processor = used.ru_utime + used.ru_stime
    return answer["seconds"][-1], processor, used.ru_maxrss / 1024, answer["groups"]


def turns(sides, runs):
    """Runs the sides in turns; returns what they measured, and the groups all agree on."""
    measured = {side: [] for side in sides}
    for turn in range(runs + 1):
        answers = {}
        for side, command in sides.items():
            *figures, answers[side] = run(command)
            if turn:  # The first turn warms the machine up.
                measured[side].append(figures)
        first, *others = answers.values()
        if any(other != first for other in others):
            sys.exit("the answers differ: nothing was measured")
    return measured, first


def show(measured, rows):
    first = None
    for side, figures in measured.items():
        seconds, processor, memory = (statistics.median(of) for of in zip(*figures))
        first = first or seconds
        spread = f"{min(of[0] for of in figures):.3f}–{max(of[0] for of in figures):.3f}"
        print(
            f"  {side:<34} {seconds:7.3f} s ({spread})  {rows / seconds / 1e6:6.1f} M rows/s  "
            f"{seconds / first:5.2f} × ours   process: {processor:.2f} CPU s, {memory:,.0f} MiB"
        )


def main(scan, store, rows, runs, source=None):
    import duckdb

    rows, runs = int(rows.replace("_", "")), int(runs)
    files = f"{store}/day=*/*.parquet"
    duckdb_side = [sys.executable, __file__, "--duckdb"]
    measured, groups = turns(
        {
            "charterparty scan": [scan, store, "2"],
            "DuckDB": [*duckdb_side, "all", files],
            "DuckDB, told what is constant": [*duckdb_side, "three", files],
        },
        runs,
    )
    events = sum(group[6] for group in groups)
    amount = sum(group[-1] for group in groups)
    if events != rows:
        sys.exit(f"{events} calls were added up, not {rows}")
    print(f"{platform.platform()}, {len(os.sched_getaffinity(0))} cores, DuckDB {duckdb.__version__}")
    print(f"load average {os.getloadavg()[0]:.1f}")
    print(f"{rows:,} calls, {len(groups):,} groups, {amount / 1e9:,.2f} USD: all agree")
    print(f"median of {runs} alternating runs, {THREADS} threads each")
    show(measured, rows)

    measured, again = turns({"charterparty, from kept sums": [scan, store, "2", "sums"]}, runs)
    if again != groups:
        sys.exit("the kept sums differ")
    show(measured, rows)

    if source:
        measured, found = turns(
            {
                "charterparty, unique at ingest": [scan, store, "2"],
                "DuckDB, GROUP BY id": [*duckdb_side, "distinct", f"{source}/*.parquet"],
            },
            runs,
        )
        print("the same calls from files in which 0.3 % come twice")
        show(measured, rows)


if __name__ == "__main__":
    if sys.argv[1] == "--duckdb":
        duckdb_once(*sys.argv[2:])
    else:
        main(*sys.argv[1:])
