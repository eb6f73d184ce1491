"""Concertmaster: a local stand-in for UiPath Orchestrator."""

__version__ = "0.1.0"
