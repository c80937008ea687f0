"""Pages for the staff of a municipality, under /verwaltung.

A module that is imported here adds its pages to the blueprint.
"""

from . import accounting, history, source_forms, sources, station_forms, stations
from .area import administration

__all__ = [
    "accounting",
    "administration",
    "history",
    "source_forms",
    "sources",
    "station_forms",
    "stations",
]
