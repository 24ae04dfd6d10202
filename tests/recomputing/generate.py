"""Makes a year of a partnership: calls as files to import, and what parties report, month by month.

The same number of rows and seed make the same year. A step that is never reached would prove
nothing, so calls are the larger the fewer there are.

usage: generate.py FOLDER ROWS SEED

Writes FOLDER/MONTH.csv, .jsonl and late-*.csv, and FOLDER/year.json: what to enter before each month is settled.
"""

import csv
import json
import random
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

CLASSES = ["input", "cached_input", "cache_write", "audio_input", "image_input"]
CLASSES += ["output", "reasoning", "audio_output", "image_output"]
COLUMNS = [f"{name}_tokens" for name in CLASSES]
HEAD = ["at", "id", "channel", "product", "model", "host", "customer", "tier", "calls", *COLUMNS]
# Of each million tokens of a call's size; audio and images are rare.
MIX = [430_000, 210_000, 60_000, 4_000, 20_000, 120_000, 50_000, 2_000, 5_000]
CHANNELS = [("direct", 50), ("enterprise", 20), ("resale", 20), ("japan", 10)]
TIERS = [("standard", 70), ("batch", 18), ("priority", 8), ("flex", 4)]
FIRST_MONTH = 115_000  # Roughly what January's calls are charged, in dollars.
GROWTH = 1.15


def weighted(draw, choices):
    return draw.choices([name for name, _ in choices], [weight for _, weight in choices])[0]


def row(draw, month, number, size):
    start = datetime(2025, month, 1, tzinfo=timezone.utc)
    end = datetime(2025 + month // 12, month % 12 + 1, 1, tzinfo=timezone.utc)
    millis = draw.randrange(int((end - start).total_seconds() * 1000))
    # The edges of a month are where calls get lost.
    millis = {0: 0, 1: int((end - start).total_seconds() * 1000) - 1}.get(number, millis)
    at = start + timedelta(milliseconds=millis)
    channel = weighted(draw, CHANNELS)
    model = "atlas" if draw.random() < 0.7 else "nova"
    host = "cirrus-one" if channel in ("direct", "enterprise") and draw.random() < 0.25 else "nimbus-one"
    scale = size * draw.uniform(0.2, 1.8) * (8 if model == "nova" else 1)
    # A count of tokens has 32 bits.
    tokens = [min(int(scale * part / 1_000_000 * draw.uniform(0, 2)), 2**32 - 1) for part in MIX]
    return {
        "at": at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03}Z",
        "id": f"{draw.getrandbits(128):032x}",
        "channel": channel,
        "product": draw.choice(["api", "chat"]),
        "model": model,
        "host": host,
        "customer": f"customer-{draw.randrange(20)}",
        "tier": weighted(draw, TIERS),
        "calls": draw.choice([1] * 9 + [draw.randrange(2, 60)]),
        **dict(zip(COLUMNS, tokens)),
    }


def write_csv(path, rows):
    with open(path, "w", newline="") as file:
        writer = csv.DictWriter(file, HEAD, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def write_events(path, rows):
    with open(path, "w") as file:
        for one in rows:
            data = {name: value for name, value in one.items() if name not in ("at", "id")}
            event = {"specversion": "1.0", "type": "call", "source": "/meter/1"}
            event |= {"id": one["id"], "time": one["at"], "data": data}
            file.write(json.dumps(event, separators=(",", ":")) + "\n")


def usage(folder, rows, draw):
    """The files of each month, by the month before whose settlement they are imported."""
    files = {month: [] for month in range(1, 13)}
    per_month = rows // 12
    for month in range(1, 13):
        size = FIRST_MONTH * GROWTH ** (month - 1) / per_month / 5.2e-6
        made = [row(draw, month, number, size) for number in range(per_month)]
        draw.shuffle(made)
        late = []
        if month in (2, 8):
            cut = max(4, per_month // 50)
            late, made = made[:cut], made[cut:]
        at = len(made) * 4 // 5
        name = f"2025-{month:02}"
        write_csv(folder / f"{name}.csv", made[:at])
        write_events(folder / f"{name}.jsonl", made[at:])
        files[month] += [[f"{name}.csv", "csv"], [f"{name}.jsonl", "cloudevents"]]
        if late:
            write_csv(folder / f"late-{name}.csv", late)
            files[month + 2].append([f"late-{name}.csv", "csv"])
    return files


def figures(draw):
    """What is reported before each month is settled: kind, party, day, amount, and the rest of it."""
    told = {month: [] for month in range(1, 13)}

    def report(known, kind, by, on, amount, **more):
        told[known].append({"kind": kind, "by": by, "on": on, "amount": amount, **more})

    def dollars(low, high):
        return f"USD {draw.randrange(low * 100, high * 100) / 100:.2f}"

    for month in range(1, 13):
        on = f"2025-{month:02}-{draw.randrange(1, 29):02}"
        report(month, "taxes", "aurora", on, dollars(2000, 3000), channel="direct")
        refunds = dollars(24_000, 30_000) if month == 5 else dollars(900, 2400)
        report(month, "refunds", "aurora", on, refunds, channel="direct")
        report(month, "processing", "aurora", on, dollars(700, 900), channel="direct")
        royalties = dollars(95_000, 99_000) if month == 4 else dollars(2000, 4000)
        report(month, "third_party_royalties", "aurora", on, royalties, channel="direct")
        # Nothing is transferred in the first month of the second quarter and of the fourth.
        if month not in (2, 4, 7, 9, 10):
            units = draw.randrange(40_000, 90_000)
            clause = {"clause": "volume_tier.transfers", "to": "cirrus"}
            report(month, "purchased", "aurora", on, str(units), id=f"units-{month}", **clause)
            paid = f"USD {units * 5 / 100:.2f}"
            report(month, "purchased", "aurora", on, paid, id=f"transfers-{month}", **clause)
    report(6, "processing", "aurora", "2025-06-30", "EUR 812.34", channel="enterprise", id="abroad")
    report(7, "revenue", "nimbus", "2025-07-09", "USD 1234.56", channel="resale")
    for known, day, amount in [
        (3, "2025-03-20", "USD -120_000"),
        (6, "2025-06-20", "USD 100_000.33"),
        (9, "2025-09-20", "EUR 380_000"),
        (12, "2025-12-20", "USD 900_000"),
    ]:
        report(known, "ebit", "aurora", day, amount)
        report(known, "cost_of_sales", "nimbus", day, dollars(20_000, 24_000), channel="resale")
        yen = f"JPY {draw.randrange(1_000_000, 1_400_000)}"
        report(known, "cost_of_sales", "nimbus", day, yen, channel="japan", id=f"yen-{known}")
    # Bought of Cirrus under two commitments.
    for known, credits, storage in [
        (1, 70_000, 12_000), (2, 50_000, 8_000), (5, 70_000, 35_000), (7, 30_000, 0),
        (8, 55_000, 28_000), (11, 60_000, 30_500),
    ]:
        for name, amount in [("credits", credits), ("storage", storage)]:
            if amount:
                on = f"2025-{known:02}-11"
                more = {"clause": f"commitment.{name}", "to": "cirrus", "id": f"{name}-{known}"}
                report(known, "purchased", "aurora", on, f"USD {amount}", **more)
    report(12, "undeliverable", "cirrus", "2025-12-03", "USD 10_000", clause="commitment.credits")
    # What capacity costs: asked, measured, and compared.
    asked = {"clause": "price_cap.hours"}
    report(1, "price", "nimbus", "2025-01-01", "USD 2.40", **asked)
    report(6, "price", "nimbus", "2025-07-01", "USD 2.60", announced="2025-03-15", **asked)
    report(9, "price", "nimbus", "2025-10-01", "USD 2.70", announced="2025-06-15", **asked)
    report(1, "index", "nimbus", "2025-01-01", "300", name="CPI")
    report(6, "index", "nimbus", "2025-07-01", "312", name="CPI")
    favoured = {"clause": "most_favoured_nation.hours"}
    report(1, "list_price", "nimbus", "2025-01-01", "USD 2.42", **favoured)
    report(8, "list_price", "nimbus", "2025-08-20", "USD 2.39", **favoured)
    report(1, "unit_cost", "nimbus", "2025-01-01", "USD 2.20", **favoured)
    report(9, "comparable_price", "nimbus", "2025-09-10", "USD 2.25", quantity="25", **favoured)
    report(9, "comparable_price", "nimbus", "2025-09-12", "USD 2.21", quantity="27", **favoured)
    report(11, "comparable_price", "nimbus", "2025-11-05", "USD 2.10", quantity="80", **favoured)
    report(11, "other_price", "nimbus", "2025-11-06", "USD 1.90", **favoured)
    # Damages, funding, a payment.
    defect = {"clause": "liquidated_damages.defect"}
    report(5, "damages_base", "nimbus", "2025-05-20", "USD 1_000_000.50", **defect)
    report(5, "damages_count", "nimbus", "2025-05-20", "75", name="days", **defect)
    support = {"clause": "liquidated_damages.support"}
    report(11, "damages_base", "aurora", "2025-11-15", "USD 50.55", **support)
    report(11, "damages_count", "aurora", "2025-11-15", "47", name="months_left", **support)
    report(6, "drawn", "aurora", "2025-06-11", "USD 12_345.67", clause="funding.network")
    report(8, "drawn", "aurora", "2025-08-11", "USD 7_654.32", clause="funding.network")
    report(6, "paid", "nimbus", "2025-06-30", "USD 1_000.01", to="aurora")
    # What turns out to have been wrong, once the books of its month are closed.
    wrong = next(one for one in told[1] if one["kind"] == "refunds")
    told[6].append({**wrong, "amount": "USD 777.77", "correct": True})
    wrong = next(one for one in told[6] if one["kind"] == "ebit")
    told[9].append({**wrong, "amount": "USD 150_000.33", "correct": True})
    return told


def arguments(figure):
    """A figure as `charter report` takes it."""
    options = {"on", "id", "announced", "correct"}
    args = ["report", figure["kind"]]
    args += [f"{key}={value}" for key, value in figure.items() if key not in options | {"kind"}]
    for option in ("on", "id", "announced"):
        if option in figure:
            args += [f"--{option}", figure[option]]
    return args + ["--correct"] * figure.get("correct", False)


LOTS = [
    {"lot": "core", "accelerators": 40, "price": "2.55", "due": "2025-01-15", "stands": "2025-01-15", "months": 6},
    {"lot": "east", "accelerators": 24, "price": "2.45", "due": "2025-06-02", "stands": "2025-07-01", "months": 36},
    {"lot": "west", "accelerators": 60, "price": "2.60", "due": "2025-10-01", "stands": "2025-10-01", "months": 36},
]


def sourced(lot):
    """The commands by which a lot is asked for, offered, awarded and delivered."""
    name, count, price = lot["lot"], lot["accelerators"], f"USD {lot['price']}"
    need = ["--quantity", f"{count} H100", "--lot", str(count), "--purpose", "inference"]
    need += ["--need-by", lot["due"], "--months", str(lot["months"]), "--price", price]
    return [
        ["request", name, "--by", "aurora", *need, "--at", "2025-01-02T10:00:00Z"],
        ["bid", name, "--by", "nimbus", "--quantity", str(count), "--price", price, "--at", "2025-01-02T11:00:00Z"],
        ["award", name, "--by", "aurora", "--bid", "1", "--at", "2025-01-02T12:00:00Z"],
        ["deliver", name, "--by", "nimbus", "--lot", "1", "--at", f"{lot['stands']}T00:00:00Z"],
    ]


def main():
    folder, rows, seed = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    draw = random.Random(seed)
    files, told = usage(folder, rows, draw), figures(draw)
    months = []
    for month in range(1, 13):
        commands = [["usage", "import", str(folder / name), "--format", of] for name, of in files[month]]
        commands += [arguments(figure) for figure in told[month]]
        months.append({"month": f"2025-{month:02}", "files": files[month], "figures": told[month], "commands": commands})
    first = [command for lot in LOTS for command in sourced(lot)]
    year = {"first": first, "lots": LOTS, "months": months}
    (folder / "year.json").write_text(json.dumps(year, indent=1))


main()
