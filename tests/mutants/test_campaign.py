"""What a mutant meets last: the fuzzer, always on the same episodes.

Not part of any suite: `ape run fuzz` does the same with more and other episodes.
"""

SEED = 3
STEPS = 20_000


def test_campaign__fixed_seed__finds_nothing():
    from tests.fuzz.campaign import run_fixed

    run_fixed(SEED, STEPS)
