"""The one root of every exception that Plimsoll's own Python raises."""


class PlimsollError(Exception):
    """Something the caller can understand and act on; scripts print it as one line."""


class ArtifactError(PlimsollError):
    """A contract does not exist or does not compile."""


class EncodingError(PlimsollError):
    """An argument does not fit the type the contract declares."""


class ChainError(PlimsollError):
    """The chain did not do what was asked, for a reason outside the contracts."""


class TimeControlError(ChainError):
    """This chain's clock, or its past, is not ours to change."""


class ConfigError(PlimsollError):
    """A configuration file is missing something or says something impossible."""


class DeploymentError(PlimsollError):
    """The contracts of a deployment are missing or do not belong together."""
