"""What a record of DATEX II does to traffic, told from its type and its own words."""

from __future__ import annotations

from ...domain.event import Effect
from .xml_payload import Element

CAUSES = frozenset(
    {
        "AbnormalTraffic",
        "Accident",
        "AnimalPresenceObstruction",
        "AuthorityOperation",
        "ConstructionWorks",
        "DisturbanceActivity",
        "EnvironmentalObstruction",
        "EquipmentOrSystemFault",
        "GeneralObstruction",
        "InfrastructureDamageObstruction",
        "MaintenanceWorks",
        "NonWeatherRelatedRoadConditions",
        "PoorEnvironmentConditions",
        "PublicEvent",
        "VehicleObstruction",
        "WeatherRelatedRoadConditions",
    }
)
"""Types of records that something else may be done about."""

NO_EFFECTS = {
    "CarParks": "car parks are no event on a road",
    "RoadsideServiceDisruption": "it is about services beside the road",
    "ReroutingManagement": "a diversion is not what happens to the road it replaces",
    "TransitInformation": "it is about ferries or public transport",
}

_MANAGEMENT = {
    "roadClosed": Effect.CLOSED,
    "carriagewayClosures": Effect.CLOSED,
    "closedPermanentlyForTheWinter": Effect.CLOSED,
    "intermittentShortTermClosures": Effect.RESTRICTED,
    "laneClosures": Effect.LANES_CLOSED,
    "hardShoulderClosures": Effect.LANES_CLOSED,
}
_CONSTRICTION = {
    "roadBlocked": Effect.CLOSED,
    "carriagewayBlocked": Effect.CLOSED,
    "lanesBlocked": Effect.LANES_CLOSED,
    "carriagewayPartiallyObstructed": Effect.RESTRICTED,
    "lanesPartiallyObstructed": Effect.RESTRICTED,
    "roadPartiallyObstructed": Effect.RESTRICTED,
}
_RESTRICTING = frozenset({"SpeedManagement", "WinterDrivingManagement"})


def effect_of(record: Element) -> Effect:
    """The effect; UNKNOWN where the record tells only of its cause.

    What holds for some vehicles only (a limit of weight, lorries) closes nothing for the others.
    """
    effect = _for_all(record)
    if effect is Effect.CLOSED and any(
        part.name == "forVehiclesWithCharacteristicsOf" for part in record.children
    ):
        return Effect.RESTRICTED
    return effect


def _for_all(record: Element) -> Effect:
    managed = record.value("roadOrCarriagewayOrLaneManagementType")
    if managed is not None:
        return _MANAGEMENT.get(managed, Effect.RESTRICTED)
    if record.type in _RESTRICTING:
        return Effect.RESTRICTED
    impact = record.first("impact")
    if impact is None:
        return Effect.UNKNOWN
    constriction = impact.value("trafficConstrictionType")
    if constriction is not None:
        return _CONSTRICTION.get(constriction, Effect.UNKNOWN)
    lanes = impact.value("originalNumberOfLanes")
    restricted = impact.value("numberOfLanesRestricted")
    if impact.value("numberOfOperationalLanes") == "0" or (
        _is_zero(impact.value("capacityRemaining")) and lanes == restricted is not None
    ):
        return Effect.CLOSED
    return Effect.RESTRICTED if restricted not in (None, "0") else Effect.UNKNOWN


def _is_zero(text: str | None) -> bool:
    return text is not None and text.strip("0.") == "" and "0" in text
