"""Recomputes November 2023 from the traces alone, with decimals, to check the statement.

Knows nothing of charter: the prices, the rates and the rule of rounding are written down here again.
Prints the statement's lines as JSON: kind, from, to, amount to the cent, amount with every digit.

usage: recompute.py CONVERSATIONS.csv CODE.csv
"""

import csv
import json
import sys
from decimal import ROUND_HALF_EVEN, Decimal, getcontext

getcontext().prec = 60

INPUT = Decimal(30) / 1_000_000  # US dollars a token, GPT-4, list price
OUTPUT = Decimal(60) / 1_000_000
TO_MICROSOFT = Decimal("0.25")  # of what OpenAI's direct sales bring in
TO_OPENAI = Decimal("0.20")  # of what Azure OpenAI Service brings in


def charged(path):
    total = Decimal(0)
    with open(path, newline="") as file:
        for row in csv.DictReader(file):
            total += int(row["ContextTokens"]) * INPUT + int(row["GeneratedTokens"]) * OUTPUT
    return total


def cent(amount):
    return amount.quantize(Decimal("0.01"), rounding=ROUND_HALF_EVEN)


def digits(amount):
    return f"{amount.normalize():f}"


def main():
    direct, azure = charged(sys.argv[1]), charged(sys.argv[2])
    there, back = direct * TO_MICROSOFT, azure * TO_OPENAI
    net = cent(there) - cent(back)
    lines = [
        ["revenue", "microsoft", "customers", azure],
        ["revenue", "openai", "customers", direct],
        ["revenue_share", "openai", "microsoft", there],
        ["revenue_share", "microsoft", "openai", back],
    ]
    rows = [[*who, str(cent(amount)), digits(amount)] for *who, amount in lines]
    rows.append(["net", "openai", "microsoft", str(net), str(net)])
    json.dump(rows, sys.stdout)


main()
