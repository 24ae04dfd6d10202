"""Recomputes a year of the partnership from its prose, with fractions, line by line to the cent.

Knows nothing of charter. The terms are written down here again from the prose of agreement.md and
registry.md, the rules from what such clauses mean; only the two tables of exchange rates are read from the
document. Every month is computed anew from everything known when it is settled, from January on: what a
closed month then comes to, less what was booked for it so far, is an adjustment.

usage: recompute.py FOLDER            the year's lines, as JSON
       recompute.py FOLDER --mutants  which terms change no line when they are made larger, by one part in
                                      a hundred or by half; and whether a row that is changed changes one
"""

import copy
import csv
import json
import re
import sys
from collections import defaultdict
from datetime import date, datetime, timedelta
from fractions import Fraction as F
from pathlib import Path

PLACES = {"USD": 2, "EUR": 2, "JPY": 0}
CLASSES = ["input", "cached_input", "cache_write", "audio_input", "image_input"]
CLASSES += ["output", "reasoning", "audio_output", "image_output"]


def of_input(price, names=("cached_input", "cache_write", "audio_input", "image_input")):
    return {name: price for name in names}


def prices(input, output, call="0", **stated):
    """What a million tokens of each class cost; what is not stated is as input or output is."""
    all = {"input": input, **of_input(input), "output": output, "reasoning": output}
    all |= {"audio_output": output, "image_output": output, "call": call, **stated}
    return {name: F(price) for name, price in all.items()}


ATLAS_WINTER = prices(
    "2.50", "10", "0.002", cached_input="0.625", cache_write="3.125", audio_input="40", image_input="3.75",
    reasoning="12", audio_output="80", image_output="30",
)
ATLAS_SUMMER = prices(
    "2.20", "9", "0.0015", cached_input="0.55", audio_input="36", audio_output="72"
)

TERMS = {
    "prices": {
        "winter": {"atlas": ATLAS_WINTER, "atlas priority": prices("4.25", "17"), "nova": prices("0.15", "0.60")},
        "summer": {"atlas": ATLAS_SUMMER, "nova": prices("0.13", "0.52")},
        "on-cirrus": {"atlas": prices("3.10", "11.90"), "nova": prices("0.21", "0.77")},
        "europe": {"atlas": prices("2.35", "9.40", cached_input="0.60"), "nova": prices("0.14", "0.57")},
        "japan": {"atlas": prices("377", "1511", "0.3"), "nova": prices("23", "91")},
    },
    "batch": {"winter": F("0.5"), "summer": F("0.55"), "europe": F("0.5")},
    "to-nimbus": {
        "deductions cap": F("0.12"),
        "tiers": {"first": F(300_000), "second": F(700_000)},
        "rates": {"first": F("0.20"), "second": F("0.225"), "third": F("0.25")},
        "credited": F("0.5"), "floor": F("0.7"),
        "guarantee": F(39_000), "guarantee rises": F("0.05"),
        "advance": F(20_000), "kept back": F("0.5"), "interest": F("0.06"),
        "cap a quarter": F(44_000), "cap in all": F(140_000),
    },
    "to-aurora": {"rate": F("0.2"), "reduction": F("0.1")},
    "hosting": {
        "step": F(24_000), "below": F("0.08"), "above": F("0.11"), "cap a year": F(20_000), "guarantee": F(4_500),
    },
    "passed-on": {"rate": F("0.03")},
    "ebit": {"share": F("0.3"), "threshold": F(50_000), "cap": F("0.4"), "invested": F(500_000)},
    "margin": {"share": F("0.05"), "threshold": F(1_000)},
    "hours": {"quantity": F(100_000), "to pay": F("0.8"), "rises": F("0.04")},
    "spending": {"amount": F(1_200_000), "share": F("0.25")},
    "credits": {"amount": F(90_000), "share": F("0.5"), "carried": F("0.1")},
    "storage": {"amount": F(30_000)},
    "transfers": {"step": F(100_000), "first": F("0.05"), "rest": F("0.04")},
    "tiers of hours": {"step": F(50_000), "first": F("2.50"), "rest": F("2.30")},
    "cap of hours": {"a year": F("0.03")},
    "best price": {"band": F("0.1")},
    "late": {"a day": F(12)},
    "defect": {"rate": F("0.01")},
    "support": {"months": F(36)},
    "halls": {"march": F(150_000), "september": F(250_000)},
}


# ---------------------------------------------------------------------------------------- what is known


def read_rates(document):
    """The tables of exchange rates: what one unit was worth in dollars, by day."""
    tables = {}
    for currency, rows in re.findall(r"currency\s*=\s*(\w+).*?rates = \{(.*?)\}", document, re.S):
        days = re.findall(r'"(\d{4}-\d\d-\d\d)" = "USD ([\d.]+)"', rows)
        tables[currency] = {date.fromisoformat(day): F(rate) for day, rate in days}
    return tables


def worth(rates, amount, from_, to, day):
    """An amount in another currency at the rate of its day, or the last before it."""
    if from_ == to:
        return amount
    assert "USD" in (from_, to), f"{from_} to {to}"
    table = rates[to if from_ == "USD" else from_]
    rate = table[max(of for of in table if of <= day)]
    return amount / rate if from_ == "USD" else amount * rate


def read_calls(folder, year):
    """Sums of calls: by the month before whose settlement they came, day, channel, model, host and tier."""
    sums = defaultdict(lambda: [0] * 10)
    for known, month in enumerate(year["months"], 1):
        for name, of in month["files"]:
            with open(folder / name, newline="") as file:
                if of == "csv":
                    rows = csv.DictReader(file)
                else:
                    events = map(json.loads, file)
                    rows = (event["data"] | {"at": event["time"]} for event in events)
                for row in rows:
                    key = (known, row["at"][:10], row["channel"], row["model"], row["host"], row["tier"])
                    sum = sums[key]
                    sum[0] += int(row["calls"])
                    for at, name in enumerate(CLASSES, 1):
                        sum[at] += int(row[f"{name}_tokens"])
    return {(key[0], date.fromisoformat(key[1]), *key[2:]): sum for key, sum in sums.items()}


class Figure:
    def __init__(self, known, told):
        self.known, self.kind, self.by = known, told["kind"], told["by"]
        self.on = date.fromisoformat(told["on"])
        self.clause, self.channel, self.name = (told.get(key) for key in ("clause", "channel", "name"))
        self.to, self.quantity = told.get("to"), told.get("quantity")
        self.announced = told.get("announced") and date.fromisoformat(told["announced"])
        words = told["amount"].replace("_", "").split()
        self.currency, self.amount = (words[0] if len(words) == 2 else None), F(words[-1])
        self.id = told.get("id") or f"{self.kind}.{self.name}.{self.by}.{self.on}"


class Known:
    """What is known when a month is settled."""

    def __init__(self, year, calls, rates, month):
        self.rates, self.lots = rates, year["lots"]
        self.calls = [(key[1:], sum) for key, sum in calls.items() if key[0] <= month]
        figures = {}
        for known, of in enumerate(year["months"], 1):
            for told in of["figures"] if known <= month else []:
                figure = Figure(known, told)
                figures[figure.id] = figure
        self.figures = list(figures.values())

    def of(self, kind, clause=None, month=None, until=None):
        return [
            figure
            for figure in self.figures
            if figure.kind == kind
            and (clause is None or figure.clause == clause)
            and (month is None or figure.on.month == month)
            and (until is None or figure.on <= until)
        ]

    def money(self, figure, currency):
        return worth(self.rates, figure.amount, figure.currency, currency, figure.on)


# ------------------------------------------------------------------------------------------- the clauses


def rounded(amount, places):
    """Half to even."""
    scaled = amount * 10**places
    return F(round(scaled), 10**places)  # Python rounds a fraction's half to even.


def quarter(month):
    return range((month - 1) // 3 * 3 + 1, (month - 1) // 3 * 3 + 4)


def days(month):
    day = date(2025, month, 1)
    while day.month == month:
        yield day
        day += timedelta(1)


def last_day(month):
    return max(days(month))


class Books:
    """All months up to one, from what is known."""

    def __init__(self, terms, known, last):
        self.terms, self.known, self.last = terms, known, last
        self.lines = {month: [] for month in range(1, last + 1)}
        self.capacity = self.standing()
        self.sold = self.revenue()
        self.share_to_nimbus()
        self.share_to_aurora()
        self.share_of_hosting()
        self.profits()
        self.prices_of_capacity()
        self.commitments()
        self.purchases()
        self.transfers()
        self.damages()
        self.funding()

    def line(self, month, kind, clause, from_, to, amount, currency="USD", payable=None):
        amount = rounded(amount, PLACES[currency])
        self.lines[month].append((kind, clause, from_, to, currency, amount, payable, None))
        return amount

    def months(self):
        return range(1, self.last + 1)

    # Calls.

    def list_of(self, channel, host, day):
        if channel in ("enterprise", "japan"):
            return {"enterprise": "europe", "japan": "japan"}[channel]
        if channel == "direct" and host == "cirrus-one":
            return "on-cirrus"
        return "winter" if day < date(2025, 7, 1) else "summer"

    def price(self, list_, model, tier):
        all = self.terms["prices"][list_]
        if tier == "priority" and f"{model} priority" in all:
            return all[f"{model} priority"], F(1)
        # Only atlas has a discount; and no list says anything of calls that wait.
        discounted = tier == "batch" and model == "atlas" and list_ in self.terms["batch"]
        return all[model], self.terms["batch"][list_] if discounted else F(1)

    def revenue(self):
        """What customers are charged: (day, channel, host, currency, amount) of each sum."""
        sold, lines = [], defaultdict(F)
        seller = {"direct": "aurora", "enterprise": "aurora", "resale": "nimbus", "japan": "nimbus"}
        currency = {"enterprise": "EUR", "japan": "JPY"}
        for (day, channel, model, host, tier), sum_ in self.known.calls:
            if day.month > self.last:
                continue
            list_ = self.list_of(channel, host, day)
            price, left = self.price(list_, model, tier)
            tokens = sum(count * price[name] for name, count in zip(CLASSES, sum_[1:]))
            amount = left * (tokens / 1_000_000 + sum_[0] * price["call"])
            of = currency.get(channel, "USD")
            sold.append((day, channel, host, of, amount))
            lines[day.month, f"price_list.{list_}", channel, model, of] += amount
        for (month, clause, channel, model, of), amount in lines.items():
            self.line(month, "revenue", clause, seller[channel], "customers", amount, of)
        return sold

    def charged(self, month, is_meant, currency):
        """What customers were charged in a month, in one currency, and on which days."""
        rates = self.known.rates
        of_month = [
            (day, worth(rates, amount, of, currency, day))
            for day, channel, host, of, amount in self.sold
            if day.month == month and is_meant(channel, host, of)
        ]
        return of_month

    # Shares of revenue.

    def share_to_nimbus(self):
        terms = self.terms["to-nimbus"]
        base, earned, after, falls_due, kept_back, uncapped, paid = ({} for _ in range(7))
        charged, deducted, credit = {}, {}, {}
        balance, carried, before_cap_in_all = F(0), F(0), {}
        self.due_to_nimbus = {}
        for month in self.months():
            so_far = [of for of in quarter(month) if of <= month]
            earlier = so_far[:-1]
            total = lambda sums, months: sum((sums[of] for of in months), F(0))
            is_aurora = lambda channel, host, of: channel in ("direct", "enterprise")
            charged[month] = sum((worth for _, worth in self.charged(month, is_aurora, "USD")), F(0))
            deducted[month] = sum(
                (self.known.money(figure, "USD")
                 for kind in ("taxes", "refunds", "processing")
                 for figure in self.known.of(kind, month=month)), F(0))
            taken_off = lambda of: min(total(deducted, of), terms["deductions cap"] * total(charged, of))
            base[month] = charged[month] - (taken_off(so_far) - taken_off(earlier))

            def tiers(sum_):
                first, second = terms["tiers"]["first"], terms["tiers"]["second"]
                rates = terms["rates"]
                return (
                    min(sum_, first) * rates["first"]
                    + max(F(0), min(sum_, second) - first) * rates["second"]
                    + max(F(0), sum_ - second) * rates["third"]
                )

            year = range(1, month + 1)
            earned[month] = tiers(total(base, year)) - tiers(total(base, range(1, month)))

            # Credits: half of the royalties, with what earlier quarters could not use.
            royalties = self.known.of("third_party_royalties", month=month)
            credit[month] = terms["credited"] * sum((figure.amount for figure in royalties), F(0))
            used = lambda of: max(F(0), min(
                carried + total(credit, of), total(earned, of) * (1 - terms["floor"])))
            after[month] = earned[month] - (used(so_far) - used(earlier))
            is_last = month % 3 == 0
            if is_last:
                carried = carried + total(credit, so_far) - used(so_far)

            # The guarantee of three months, in the first half of the year.
            falls_due[month] = after[month]
            if is_last and month <= 6:
                guaranteed = terms["guarantee"] * (1 + terms["guarantee rises"]) ** (month // 3 - 1)
                falls_due[month] += max(F(0), guaranteed - total(after, so_far))

            # The advance: half of what falls due in the quarter is kept back, as long as any is open.
            if month == 1:
                balance = terms["advance"]
                self.line(1, "advance", "revenue_share.to-nimbus", "aurora", "nimbus", balance)
            balance += balance * terms["interest"] / 12
            kept_before = total(kept_back, earlier)
            kept = max(F(0), min(terms["kept back"] * total(falls_due, so_far), balance + kept_before))
            kept_back[month] = kept - kept_before
            balance -= kept_back[month]
            self.line(month, "recoupment", "revenue_share.to-nimbus", "aurora", "nimbus", kept_back[month])
            uncapped[month] = falls_due[month] - kept_back[month]

            # The caps count what is paid, in whole cents.
            def capped(due, cap, of_window):
                months = [*of_window, month]
                increment = min(total(due, months), cap) - min(total(due, of_window), cap)
                return min(increment, max(F(0), cap - total(paid, of_window)))

            before_cap_in_all[month] = capped(uncapped, terms["cap a quarter"], earlier)
            due = capped(before_cap_in_all, terms["cap in all"], range(1, month))
            self.due_to_nimbus[month] = due
            payable = last_day(quarter(month)[-1]) + timedelta(45)
            paid[month] = self.line(
                month, "revenue_share", "revenue_share.to-nimbus", "aurora", "nimbus", due, payable=payable)
            passed_on = due * self.terms["passed-on"]["rate"]
            clause, payable = "revenue_share.passed-on", last_day(month) + timedelta(45)
            self.line(month, "revenue_share", clause, "nimbus", "cirrus", passed_on, payable=payable)

    def share_to_aurora(self):
        terms = self.terms["to-aurora"]
        for month in self.months():
            payable = last_day(quarter(month)[-1]) + timedelta(45)
            for currency in ("USD", "JPY"):
                is_resold = lambda channel, host, of: channel in ("resale", "japan") and of == currency
                sold = self.charged(month, is_resold, currency)
                figures = self.known.of("revenue", month=month)
                sold += [(figure.on, figure.amount) for figure in figures if figure.currency == currency]
                lower = date(2025, 10, 15)
                due = sum(
                    (amount * terms["rate"] * (1 - terms["reduction"] if lower <= day else 1)
                     for day, amount in sold), F(0))
                clause = "revenue_share.to-aurora"
                self.line(month, "revenue_share", clause, "nimbus", "aurora", due, currency, payable)

    def share_of_hosting(self):
        terms = self.terms["hosting"]
        uncapped, due, paid = {}, {}, {}
        for month in self.months():
            on_cirrus = lambda channel, host, of: host == "cirrus-one" and channel in ("direct", "enterprise")
            base = sum((worth for _, worth in self.charged(month, on_cirrus, "EUR")), F(0))
            uncapped[month] = base * (terms["below"] if base <= terms["step"] else terms["above"])
            cap, before = terms["cap a year"], [*range(1, month)]
            so_far = lambda months: min(cap, sum((uncapped[of] for of in months), F(0)))
            left = cap - sum((paid[of] for of in before), F(0))
            due[month] = min(so_far([*before, month]) - so_far(before), max(F(0), left))
            if month % 3 == 0:
                due[month] += max(F(0), terms["guarantee"] - sum((due[of] for of in quarter(month)), F(0)))
            clause = "revenue_share.hosting"
            payable = last_day(month) + timedelta(30)
            paid[month] = self.line(
                month, "revenue_share", clause, "aurora", "cirrus", due[month], "EUR", payable)

    # Shares of profit.

    def profits(self):
        loss, paid = F(0), F(0)
        for month in [month for month in self.months() if month % 3 == 0]:
            of_quarter = lambda kind: [
                figure for figure in self.known.of(kind) if figure.on.month in quarter(month)]
            terms = self.terms["ebit"]
            profit = sum((self.known.money(figure, "USD") for figure in of_quarter("ebit")), F(0)) - loss
            loss = max(F(0), -profit)
            due = terms["share"] * max(F(0), profit - terms["threshold"])
            due = min(due, terms["cap"] * terms["invested"] - paid)
            paid += self.line(month, "profit_participation", "profit_participation.ebit", "aurora", "nimbus", due)

            terms = self.terms["margin"]
            is_resold = lambda channel, host, of: channel in ("resale", "japan")
            sold = [worth for of in quarter(month) for _, worth in self.charged(of, is_resold, "USD")]
            added = [self.known.money(figure, "USD") for figure in of_quarter("revenue")]
            cost = [self.known.money(figure, "USD") for figure in of_quarter("cost_of_sales")]
            profit = sum(sold, F(0)) + sum(added, F(0)) - sum(cost, F(0))
            # A loss is made up first here, too; this year has none.
            assert profit > 0, profit
            due = terms["share"] * max(F(0), profit - terms["threshold"])
            self.line(month, "profit_participation", "profit_participation.margin", "nimbus", "aurora", due)

    # Capacity.

    def standing(self):
        """Accelerator-hours of each lot, day by day, with the price it was sourced at."""
        standing = []
        for lot in self.known.lots:
            day = date.fromisoformat(lot["stands"])
            ends = date(day.year + (day.month + lot["months"] - 1) // 12, (day.month + lot["months"] - 1) % 12 + 1, day.day)
            while day < min(ends, date(2026, 1, 1)):
                if day.month <= self.last:
                    standing.append((day, lot["lot"], F(24 * lot["accelerators"]), F(lot["price"])))
                day += timedelta(1)
        return standing

    def undelivered(self, month):
        """Accelerator-hours that were due in a month, from nine o'clock of the due day, and did not stand."""
        hours = []
        for lot in self.known.lots:
            due = datetime.fromisoformat(lot["due"]) + timedelta(hours=9)
            stands = datetime.fromisoformat(lot["stands"])
            begins, ends = datetime(2025, month, 1), datetime.combine(last_day(month) + timedelta(1), datetime.min.time())
            late = (min(stands, ends) - max(due, begins)) // timedelta(hours=1)
            if late > 0:
                hours.append((F(late * lot["accelerators"]), F(lot["price"])))
        return hours

    def allowed(self, day):
        """The price of an hour that Nimbus may ask: it has risen once, by what the limits leave."""
        asked = sorted(self.known.of("price", "price_cap.hours", until=day), key=lambda figure: figure.on)
        index = {figure.on: figure.amount for figure in self.known.of("index", until=day)}
        price, raised, begun = asked[0].amount, None, asked[0].on
        for one in asked[1:]:
            takes_effect = max(one.on, one.announced + timedelta(90))
            if raised:
                takes_effect = max(takes_effect, raised.replace(year=raised.year + 1))
            if takes_effect <= day:
                stood = lambda on: index[max(of for of in index if of <= on)]
                most = min(price * (1 + self.terms["cap of hours"]["a year"]),
                           price * stood(takes_effect) / stood(begun))
                price, raised = min(one.amount, most), takes_effect
        return price

    def best(self, day, price, accelerators):
        """What the best price of others leaves of a price."""
        of = lambda kind: self.known.of(kind, "most_favoured_nation.hours", until=day)
        latest = lambda kind: max(of(kind), key=lambda figure: figure.on).amount
        band = self.terms["best price"]["band"]
        others = [latest("list_price")]
        for figure in of("comparable_price"):
            months = figure.on.month + 3
            until = figure.on.replace(year=2025 + (months - 1) // 12, month=(months - 1) % 12 + 1)
            is_like = abs(F(figure.quantity) - accelerators) <= band * accelerators
            if day < until and is_like:
                others.append(figure.amount)
        return min(price, max(min(others), latest("unit_cost")))

    def prices_of_capacity(self):
        """Charges of lots; then what tiers, the cap and the best price of others change, in this order."""
        tiers = self.terms["tiers of hours"]
        comes_to = lambda hours: (
            min(hours, tiers["step"]) * tiers["first"] + max(F(0), hours - tiers["step"]) * tiers["rest"])
        self.paid_a_day = {}
        hours_so_far = F(0)
        for month in self.months():
            if month % 3 == 1:
                hours_so_far = F(0)
            of_month = [lot for lot in self.capacity if lot[0].month == month]
            for name in sorted({name for _, name, _, _ in of_month}):
                amount = sum(hours * price for _, of, hours, price in of_month if of == name)
                clause = ""
                self.line(month, "capacity", clause, "aurora", "nimbus", amount)
            hours = sum((hours for _, _, hours, _ in of_month), F(0))
            if not hours:
                continue
            charged = sum(hours * price for _, _, hours, price in of_month)
            owed = comes_to(hours_so_far + hours) - comes_to(hours_so_far)
            hours_so_far += hours
            price = owed / hours
            if owed < charged:
                self.line(month, "credit", "volume_tier.hours", "nimbus", "aurora", charged - owed)
            else:
                self.line(month, "price_adjustment", "volume_tier.hours", "aurora", "nimbus", owed - charged)
            above_cap, above_best = F(0), F(0)
            for day in days(month):
                of_day = sum((hours for on, _, hours, _ in of_month if on == day), F(0))
                if not of_day:
                    continue
                allowed = min(price, self.allowed(day))
                best = self.best(day, allowed, of_day / 24)
                above_cap += (price - allowed) * of_day
                above_best += (allowed - best) * of_day
                self.paid_a_day[day] = (of_day, best * of_day)
            self.line(month, "credit", "price_cap.hours", "nimbus", "aurora", above_cap)
            self.line(month, "credit", "most_favoured_nation.hours", "nimbus", "aurora", above_best)

    def commitments(self):
        terms, bank = self.terms["hours"], F(0)
        spent, not_supplied, drawn = F(0), F(0), F(0)
        for month in self.months():
            amount = sum((amount for day, (_, amount) in self.paid_a_day.items() if day.month == month), F(0))
            spent += amount
            drawn += self.line(month, "drawdown", "commitment.spending", "aurora", "nimbus", amount)
            not_supplied += sum((hours * price for hours, price in self.undelivered(month)), F(0))
            if month % 3:
                continue
            of_quarter = [of for day, of in self.paid_a_day.items() if day.month in quarter(month)]
            taken = sum((hours for hours, _ in of_quarter), F(0))
            price = sum((amount for _, amount in of_quarter), F(0)) / taken
            late = sum((hours for of in quarter(month) for hours, _ in self.undelivered(of)), F(0))
            rise = 1 + terms["rises"] if month > 6 else 1
            minimum = max(F(0), terms["quantity"] * rise * terms["to pay"] - late)
            missing = max(F(0), minimum - taken)
            later = min(bank, max(F(0), taken - minimum))
            bank += missing - later
            due = (missing - later) * price
            if due < 0:
                self.line(month, "credit", "commitment.hours", "nimbus", "aurora", -due)
            else:
                self.line(month, "take_or_pay", "commitment.hours", "aurora", "nimbus", due)
        if self.last == 12:
            terms = self.terms["spending"]
            missing = max(F(0), terms["amount"] - not_supplied - drawn)
            due = missing * terms["share"]
            self.line(12, "take_or_pay", "commitment.spending", "aurora", "nimbus", due)

    def purchases(self):
        """What Aurora buys of Cirrus under two commitments."""
        bought = lambda clause, months: sum(
            (figure.amount for figure in self.known.of("purchased", clause) if figure.on.month in months), F(0))
        terms, excess = self.terms["credits"], F(0)
        for month in [month for month in self.months() if month % 3 == 0]:
            clause, amount = "commitment.credits", terms["amount"]
            figures = self.known.of("undeliverable", clause)
            late = sum((figure.amount for figure in figures if figure.on.month in quarter(month)), F(0))
            taken = bought(clause, quarter(month))
            missing = max(F(0), amount - late - taken)
            used = min(missing, excess, terms["carried"] * amount)
            due = (missing - used) * terms["share"]
            excess += max(F(0), taken - (amount - late)) - used
            self.line(month, "take_or_pay", clause, "aurora", "cirrus", due)
        amount, left = self.terms["storage"]["amount"], F(0)
        for month in self.months():
            clause = "commitment.storage"
            if month % 3 == 1:
                left = amount
                self.line(month, "prepayment", clause, "aurora", "cirrus", amount)
            used = min(left, bought(clause, [month]))
            left -= used
            if month % 3 == 0:
                # What was not used is given back, and owed for what was not bought.
                used += left
                missing = max(F(0), amount - bought(clause, quarter(month)))
                self.line(month, "take_or_pay", clause, "aurora", "cirrus", missing)
            self.line(month, "prepayment_used", clause, "cirrus", "aurora", used)

    def transfers(self):
        terms, clause = self.terms["transfers"], "volume_tier.transfers"
        comes_to = lambda units: (
            min(units, terms["step"]) * terms["first"] + max(F(0), units - terms["step"]) * terms["rest"])
        so_far = F(0)
        for month in self.months():
            if month % 3 == 1:
                so_far = F(0)
            figures = self.known.of("purchased", clause, month=month)
            units = sum((figure.amount for figure in figures if not figure.currency), F(0))
            charged = sum((figure.amount for figure in figures if figure.currency), F(0))
            difference = comes_to(so_far + units) - comes_to(so_far) - charged
            so_far += units
            if difference < 0:
                self.line(month, "credit", clause, "cirrus", "aurora", -difference)
            else:
                self.line(month, "price_adjustment", clause, "aurora", "cirrus", difference)

    # The rest.

    def damages(self):
        for lot in self.known.lots:
            due, stands = date.fromisoformat(lot["due"]), date.fromisoformat(lot["stands"])
            # Ten days of grace, and each day from then to the last before it stands.
            late = (stands - due).days - 10 - 1
            # Damages are found on the day the lot is delivered.
            if late > 0 and stands.month <= self.last:
                amount = self.terms["late"]["a day"] * late * lot["accelerators"]
                cap = F(lot["price"]) * lot["accelerators"] * 8760 / 10
                clause = "liquidated_damages.late"
                payable = stands + timedelta(30)
                self.line(stands.month, "damages", clause, "nimbus", "aurora", min(amount, cap), payable=payable)
        for month in self.months():
            clause = "liquidated_damages.defect"
            for base in self.known.of("damages_base", clause, month=month):
                count = self.known.of("damages_count", clause, month=month)[0].amount
                due = base.amount * self.terms["defect"]["rate"] * (count // 28)
                self.line(month, "damages", clause, "nimbus", "aurora", min(due, base.amount / 10))
            clause = "liquidated_damages.support"
            for base in self.known.of("damages_base", clause, month=month):
                left = self.known.of("damages_count", clause, month=month)[0].amount
                due = base.amount * min(left, self.terms["support"]["months"])
                self.line(month, "damages", clause, "aurora", "nimbus", due)

    def funding(self):
        halls = {3: "march", 9: "september"}
        for month in self.months():
            if month in halls:
                due = self.terms["halls"][halls[month]]
                self.line(month, "funding", "funding.halls", "nimbus", "aurora", due)
            drawn = self.known.of("drawn", "funding.network", month=month)
            self.line(month, "loan", "funding.network", "nimbus", "aurora", sum((one.amount for one in drawn), F(0)))
            for paid in self.known.of("paid", month=month):
                self.line(month, "payment", "", paid.by, paid.to, paid.amount, paid.currency)


# ------------------------------------------------------------------------------------ closing and netting

NO_MONEY_OF_ITS_OWN = {"drawdown"}


def sums(lines):
    """What lines of one kind and clause between two parties come to. Revenue is told apart by its list."""
    sums = defaultdict(F)
    for kind, clause, from_, to, currency, amount, *_ in lines:
        if kind not in NO_MONEY_OF_ITS_OWN:
            sums[kind, clause, from_, to, currency] += amount
    return sums


def nets(lines):
    """What is left once shares both ways, due on one day, are set off."""
    found = []
    set_off = {"revenue_share.to-nimbus", "revenue_share.to-aurora", "revenue_share.passed-on"}
    shares = [line for line in lines if line[0] == "revenue_share" and line[1] in set_off - {"revenue_share.passed-on"}]
    for payable in {line[6] for line in shares}:
        for currency in {line[4] for line in shares}:
            of = [line for line in shares if line[6] == payable and line[4] == currency]
            owes = {party: sum((line[5] for line in of if line[2] == party), F(0)) for party in ("aurora", "nimbus")}
            if {line[2] for line in of} != {"aurora", "nimbus"}:
                continue
            from_, to = ("aurora", "nimbus") if owes["aurora"] >= owes["nimbus"] else ("nimbus", "aurora")
            found.append(("net", "", from_, to, currency, abs(owes["aurora"] - owes["nimbus"]), payable, None))
    return found


def paid_with(books, key, closed, month):
    """The day an adjustment is payable: that of what it adjusts, or if that is over, of what is paid next."""
    day = lambda of: next((line[6] for line in books.lines[of] if line[:5] == key), None)
    return day(closed) if not day(closed) or day(closed) > last_day(month) else day(month)


def year_of(terms, year, calls, rates):
    """Each month as it is settled and closed, adjustments of earlier months and all."""
    booked = {month: defaultdict(F) for month in range(1, 13)}
    statements = []
    for month in range(1, 13):
        books = Books(terms, Known(year, calls, rates, month), month)
        lines = list(books.lines[month])
        for closed in range(1, month):
            today = sums(books.lines[closed])
            for key in {*today, *booked[closed]}:
                difference = today[key] - booked[closed][key]
                if difference:
                    lines.append((*key, difference, paid_with(books, key, closed, month), closed))
                    booked[closed][key] += difference
        for key, amount in sums(books.lines[month]).items():
            booked[month][key] += amount
        lines += nets(lines)
        statements += [(month, *line) for line in lines if line[5]]
    return statements


def shown(statements):
    """One row a line: month, kind, clause, from, to, currency, amount, day it is payable, month it adjusts."""
    rows = defaultdict(F)
    for month, kind, clause, from_, to, currency, amount, payable, adjusts in statements:
        due = payable.isoformat() if payable and kind == "revenue_share" else ""
        rows[f"2025-{month:02}", kind, clause, from_, to, currency, due, adjusts and f"2025-{adjusts:02}" or ""] += amount
    scaled = lambda row, amount: f"{int(amount * 10**PLACES[row[5]])}"
    return sorted([*row, scaled(row, amount)] for row, amount in rows.items() if amount)


def leaves(terms, path=()):
    for name, value in terms.items():
        if isinstance(value, dict):
            yield from leaves(value, (*path, name))
        else:
            yield (*path, name)


def is_in_play(path, known, lines):
    """Whether a line changes with a term. One that is nothing cannot be made larger."""
    for factor in (F(101, 100), F(3, 2)):
        terms = copy.deepcopy(TERMS)
        of = terms
        for name in path[:-1]:
            of = of[name]
        of[path[-1]] *= factor
        if not of[path[-1]] or Books(terms, known, 12).lines != lines:
            return True
    return False


def main():
    folder = Path(sys.argv[1])
    year = json.loads((folder / "year.json").read_text())
    rates = read_rates((Path(__file__).parent / "registry.md").read_text())
    calls = read_calls(folder, year)
    right = shown(year_of(TERMS, year, calls, rates))
    if "--mutants" not in sys.argv:
        json.dump(right, sys.stdout)
        return
    known = Known(year, calls, rates, 12)
    lines = Books(TERMS, known, 12).lines
    survivors = [" ".join(path) for path in leaves(TERMS) if not is_in_play(path, known, lines)]
    # A thousand tokens more of the dearest class are some cents.
    key = next(key for key in sorted(calls) if key[2:5] == ("direct", "atlas", "nimbus-one"))
    calls[key][CLASSES.index("audio_output") + 1] += 1_000
    is_seen = Books(TERMS, Known(year, calls, rates, 12), 12).lines != lines
    json.dump({"survivors": survivors, "a row is seen": is_seen}, sys.stdout)


main()
