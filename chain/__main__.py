"""`python -m chain`: compile every contract and print the runtime sizes."""

import sys

from chain.artifacts import SIZE_LIMIT, Artifacts, load_artifacts
from chain.errors import ArtifactError


def print_sizes(artifacts: Artifacts) -> None:
    """One line a deployable: bytes of runtime code, and their share of what EIP-170 allows."""
    for name in artifacts.deployables:
        size = artifacts[name].runtime_size
        print(f"{name:24} {size:7,d} bytes  {size / SIZE_LIMIT:6.1%}", flush=True)


def main() -> int:
    """Fill the artifact cache in parallel."""
    try:
        print_sizes(load_artifacts().compile_all())
    except ArtifactError as error:
        print(error, *getattr(error, "__notes__", ()), sep="\n", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
