"""Settles one month in turns, in one process and on clusters; for benches/cluster."""

import os
import pathlib
import resource
import statistics
import subprocess
import sys
import time

charter, workspace, runs = sys.argv[1], sys.argv[2], int(sys.argv[3])
clusters = [argument.rsplit("=", 1) for argument in sys.argv[4:]]
TICK = os.sysconf("SC_CLK_TCK")


def of_daemons(folder):
    """Seconds on a processor of a cluster's processes so far."""
    total = 0
    for file in pathlib.Path(folder).glob("*.pid"):
        stat = pathlib.Path(f"/proc/{file.read_text().strip()}/stat").read_text()
        fields = stat.rsplit(")", 1)[1].split()
        total += (int(fields[11]) + int(fields[12])) / TICK
    return total


def of_children():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def settle(arguments, prefix, folder):
    """Seconds, seconds on a processor, and the statement."""
    before = of_children() + (of_daemons(folder) if folder else 0)
    started = time.perf_counter()
    command = [*prefix, charter, "-C", workspace, "settle", "2025-03", *arguments]
    ran = subprocess.run(command, capture_output=True, text=True)
    seconds = time.perf_counter() - started
    if ran.returncode != 0:
        sys.exit(f"{command}: {ran.stdout}{ran.stderr}")
    # The first settlement is entered; what follows says that nothing has changed since.
    statement = ran.stdout.split("note:")[0]
    used = of_children() + (of_daemons(folder) if folder else 0) - before
    return seconds, used, statement


ways = [
    ("one process, 1 processor", ["--recount"], ["taskset", "-c", "0"], None),
    ("one process, 2 processors", ["--recount"], ["taskset", "-c", "0,1"], None),
]
for folder, url in clusters:
    executors, cores = pathlib.Path(folder).name.removeprefix("cluster-").split("x")
    ways.append((f"cluster, {executors} × {cores}", ["--cluster", url], [], folder))

# Once before what counts, so that nobody pays for a cold cache or a first connection.
statements = {settle(*way[1:])[2] for way in ways}
taken = {way[0]: [] for way in ways}
for _ in range(runs):
    for way in ways:
        seconds, used, statement = settle(*way[1:])
        taken[way[0]].append((seconds, used))
        statements.add(statement)
if len(statements) != 1:
    sys.exit("the statements differ:\n" + "\n".join(statements))

print(f"\n{pathlib.Path(workspace).name.removeprefix('rows-')} calls; all {runs * len(ways)} statements are the same")
print(f"  {'executors × segments at a time':32}{'seconds':>9}{'processor':>11}   all runs")
medians = {}
for name, of in taken.items():
    medians[name] = statistics.median(seconds for seconds, _ in of)
    used = statistics.median(used for _, used in of)
    every = " ".join(f"{seconds:.2f}" for seconds, _ in sorted(of))
    print(f"  {name:32}{medians[name]:9.3f}{used:11.2f}   {every}")
one, two = medians["one process, 1 processor"], medians["one process, 2 processors"]
single, double = medians["cluster, 1 × 1"], medians["cluster, 2 × 1"]
print(f"  a cluster of one takes {single - one:+.2f} s ({single / one:.2f} times one process on 1 processor)")
print(f"  a cluster of two takes {double - two:+.2f} s ({double / two:.2f} times one process on 2 processors)")
print(f"  from one executor to two: {single / double:.2f} times as fast (one process: {one / two:.2f})")
