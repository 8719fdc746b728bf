"""One small interface to an EVM, in this process or behind JSON-RPC, and what is deployed on it."""

from chain.artifacts import Artifact, Artifacts, load_artifacts
from chain.contract import Contract, Event
from chain.deployment import Deployment
from chain.errors import (
    ArtifactError,
    ChainError,
    ConfigError,
    DeploymentError,
    EncodingError,
    PlimsollError,
    TimeControlError,
)
from chain.interface import Chain, Log, Receipt, Reverted
from chain.pyrevm_chain import PyrevmChain

__all__ = [
    "Artifact",
    "ArtifactError",
    "Artifacts",
    "Chain",
    "ChainError",
    "ConfigError",
    "Contract",
    "Deployment",
    "DeploymentError",
    "EncodingError",
    "Event",
    "Log",
    "PlimsollError",
    "PyrevmChain",
    "Receipt",
    "Reverted",
    "TimeControlError",
    "load_artifacts",
]
