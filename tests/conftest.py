"""How long the laws are tried: the same examples in every run, or many random ones on request.

`LAW_EXAMPLES=5000 pytest tests/property tests/contract` looks for new counterexamples.
"""

import os
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis.configuration import set_hypothesis_home_dir

set_hypothesis_home_dir(Path(__file__).resolve().parent.parent / ".cache" / "hypothesis")

_wanted = os.environ.get("LAW_EXAMPLES")
settings.register_profile(
    "laws",
    max_examples=int(_wanted) if _wanted else 80,
    derandomize=not _wanted,
    deadline=None,
    database=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.load_profile("laws")
