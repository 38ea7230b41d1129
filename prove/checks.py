"""All checks in the order of their numbers. What a machine lacks for a check is skipped by name and counted."""

from prove.catalogue.walls import WALLS
from prove.catalogue.wires import WIRES
from prove.catalogue.writes import WRITES

CHECKS = tuple(sorted((*WALLS, *WIRES, *WRITES), key=lambda check: check.number))
