"""The four pure domains together, in memory: the same live work under every order, and none that nobody wants.

HOMEWARD_EXAMPLES_COUNT=5000 plays longer, with other journeys each time.
"""

import os

from hypothesis import HealthCheck, settings

from .machine import Journeys

COUNT = int(os.environ.get("HOMEWARD_EXAMPLES_COUNT", "0"))

TestJourneys = Journeys.TestCase
TestJourneys.settings = settings(
    max_examples=COUNT or 120,
    stateful_step_count=50,
    deadline=None,
    derandomize=not COUNT,
    database=None,
    suppress_health_check=list(HealthCheck),
)
