"""A plugin for pytest: writes each test and how it ended to the file that $SUITE_OUTCOMES names."""

import os

outcomes = {}


def pytest_runtest_logreport(report):
    # A test fails by any of its phases, and passes by its call alone.
    if report.failed or (report.when == "call" and outcomes.get(report.nodeid) != "failed"):
        outcomes[report.nodeid] = report.outcome


def pytest_sessionfinish(session):
    # The workers of a run in parallel report to the one that started them.
    if not hasattr(session.config, "workerinput"):
        with open(os.environ["SUITE_OUTCOMES"], "w") as file:
            file.writelines(f"{outcome} {test}\n" for test, outcome in sorted(outcomes.items()))
