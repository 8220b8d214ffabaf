"""A simulated day of AI workloads with incidents in it. Seeded: the same arguments, the same events."""

from windvane.cli.simulation.incidents import INCIDENTS, Incident
from windvane.cli.simulation.traffic import run_name, simulate

__all__ = ["INCIDENTS", "Incident", "run_name", "simulate"]
