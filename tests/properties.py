"""How much is tried out at random: in the suite the same each time, in the nightly run ten times as much and always something new.

VRN_TEST_PROFILE says which: `suite` unless it is `nightly`. What the nightly run finds is written into the test as an
`@example`, or beside its `seeds`, so that the suite tries it from then on.
"""

from __future__ import annotations

import os
import random

from hypothesis import HealthCheck, Phase, core, settings
from hypothesis.internal.conjecture import providers

SUITE, NIGHTLY = "suite", "nightly"
PROFILE = os.environ.get("VRN_TEST_PROFILE", SUITE)
TIMES = {SUITE: 1, NIGHTLY: 10}
USUAL_EXAMPLES = 100
LARGEST_SEED = 10**9
# The first seed of a nightly run. The process that starts the workers draws it and hands it down, because pytest-xdist wants
# every worker to collect the same tests; a run with the same number tries the same again.
SEED = "VRN_TEST_SEED"
if PROFILE == NIGHTLY:
    core.global_force_seed = int(os.environ.setdefault(SEED, str(random.SystemRandom().randrange(LARGEST_SEED))))

# Hypothesis tries constants of every module of ours that is loaded by then. So what a property tried hung on the tests before
# the property, and on any line of any module.
_no_constants = providers.Constants()
providers._get_local_constants = lambda: _no_constants

for _name, _times in TIMES.items():
    settings.register_profile(
        _name,
        max_examples=USUAL_EXAMPLES * _times,
        derandomize=_name == SUITE,
        print_blob=True,
        # Nothing is kept from one run to the next, and nothing fails by how fast the machine is.
        database=None,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
    )
settings.load_profile(PROFILE)


def examples(count: int, of_the_night: int | None = None) -> settings:
    """For a property that is not tried the usual hundred times: as many in the suite, in the night ten times or `of_the_night`.
    None in the suite: what is written into the test as an `@example` is all that it tries."""
    if count == 0 and PROFILE == SUITE:
        return settings(phases=[Phase.explicit])
    return settings(max_examples=of_the_night if of_the_night and PROFILE == NIGHTLY else count * TIMES[PROFILE])


def seeds(count: int) -> range:
    """Seeds for what a test makes up itself: as many in the suite. The test says in its failure which one it was."""
    first = 0 if PROFILE == SUITE else int(os.environ[SEED])
    return range(first, first + count * TIMES[PROFILE])
