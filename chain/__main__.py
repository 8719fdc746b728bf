"""`python -m chain`: compile every contract and print the runtime sizes."""

import sys

from chain.artifacts import SIZE_LIMIT, load_artifacts
from chain.errors import ArtifactError


def main() -> int:
    """Fill the artifact cache in parallel; one line a contract."""
    try:
        artifacts = load_artifacts().compile_all()
    except ArtifactError as error:
        print(error, file=sys.stderr)
        return 1
    for name in artifacts.deployables:
        size = artifacts[name].runtime_size
        print(f"{name:24} {size:7,d} bytes  {size / SIZE_LIMIT:6.1%}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
