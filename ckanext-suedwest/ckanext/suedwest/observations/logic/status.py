"""The state of the sources: what they delivered, what was refused, which stations went quiet."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any

import ckan.authz as authz
import ckan.plugins.toolkit as tk
from ckan.types import Context, DataDict

from ...domain.freshness import LIMITS, Freshness, freshness
from ...domain.quality import Quality
from ...ingest.certificates import SourceCertificate, certificates
from ...store.health import DeviceHealth, device_health
from ...store.quarantine import ReasonCount, reasons
from ...store.status import SourceStatus, StreamStatus, ingest_status, stream_statuses
from ..rights import administered, store_name
from ..store_access import write_engine

__all__ = ["suedwest_ingest_status"]

_QUIET = (Freshness.SILENT, Freshness.LATE, Freshness.IMPLAUSIBLE)
"""What staff look after, most urgent first; a station out of service is known to be."""
_DAY = timedelta(hours=24)


@tk.side_effect_free
def suedwest_ingest_status(context: Context, data_dict: DataDict) -> list[dict[str, Any]]:
    """How each source does: what it delivered, what was refused, which stations went quiet.

    :param municipality: only this municipality's sources and the platform's; of the platform's
        only the stations that this municipality shows (optional)
    :type municipality: string

    A sysadmin sees all, an editor those of their own municipalities and the platform's.
    Times are ISO 8601 in UTC; `interval_s` and `lag_s` are seconds.

    `received`, `stored`, `unchanged`, `corrected`, `suppressed` and `quarantined` count the
    records of the last 24 hours. `state` is `paused`, `failing`, `waiting` (it never delivered),
    `silent` (nothing came for three intervals, at least an hour) or `working`. `reasons` says why
    the records were refused that came within 24 hours and wait in the quarantine, `waiting`
    counts all that wait. `quiet` lists the stations whose newest value is `silent`, `late` or
    `implausible`, of `stations` in all. `devices` is the health of devices that reported within
    thirty days: volts, per cent, dBm, dB, and the messages that never arrived. `certificate` is
    None for sources without one, else `expires_at` and `warning`: 60, 30 or 7 when it ends within
    so many days, 0 once it has ended or where it cannot be read, None before.
    """
    tk.check_access("suedwest_ingest_status", context, data_dict)
    visible = visible_owners(context, data_dict.get("municipality"))
    engine, now = write_engine(), datetime.now(UTC)
    with engine.connect() as conn:
        recent = _by_source(reasons(conn, owners=visible, since=now - _DAY))
        waiting = _by_source(reasons(conn, owners=visible))
        streams = _by_source(stream_statuses(conn))
        devices = _by_source(device_health(conn, now=now))
    shown_certificates = {one.source_id: one for one in certificates(engine)}
    answer: list[dict[str, Any]] = []
    for status in ingest_status(engine, now):
        if visible is not None and status.municipality not in visible:
            continue
        shown = streams.get(status.source_id, [])
        if status.municipality is None and visible is not None:
            shown = [one for one in shown if not visible.isdisjoint(one.shown_by)]
        keys = {one.station_key for one in shown}
        answer.append(
            plain(status)
            | {
                "state": _state(status, now),
                "reasons": [_without_source(reason) for reason in recent.get(status.source_id, [])],
                "certificate": _certificate(shown_certificates.get(status.source_id), now),
                "waiting": sum(one.records for one in waiting.get(status.source_id, [])),
                "stations": len(keys),
                "quiet": _quiet(shown, now),
                "devices": [
                    _without_source(one)
                    for one in devices.get(status.source_id, [])
                    if status.municipality is not None or visible is None or one.device in keys
                ],
            }
        )
    return answer


def _certificate(shown: SourceCertificate | None, now: datetime) -> dict[str, Any] | None:
    if shown is None:
        return None
    ends = shown.expires_at
    return {"expires_at": ends and ends.isoformat(), "warning": shown.stage(now)}


def visible_owners(context: Context, municipality: object) -> set[str | None] | None:
    """The owners whose sources somebody asks for and may see; None when it is all of them.

    None among them is the platform.
    """
    if municipality and isinstance(municipality, str):
        return {None, store_name(municipality)}
    user = context.get("user")
    if authz.is_sysadmin(user):
        return None
    return {None, *(each.name for each in administered(user))}


def plain(row: Any) -> dict[str, Any]:
    """A row of the store as JSON can say it: times in ISO 8601, spans in seconds (`…_s`)."""
    answer: dict[str, Any] = {}
    for name, value in asdict(row).items():
        if isinstance(value, timedelta) or name == "lag":
            answer[f"{name}_s"] = None if value is None else value.total_seconds()
        else:
            answer[name] = value.isoformat() if isinstance(value, datetime) else value
    return answer


def _without_source(row: ReasonCount | DeviceHealth) -> dict[str, Any]:
    return {
        name: value
        for name, value in plain(row).items()
        if name not in ("source_id", "municipality")
    }


def _by_source(rows: Iterable[Any]) -> Mapping[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for row in rows:
        found.setdefault(row.source_id, []).append(row)
    return found


def _state(status: SourceStatus, now: datetime) -> str:
    if not status.enabled:
        return "paused"
    if status.last_error is not None:
        return "failing"
    if status.last_success_at is None:
        return "waiting"
    late_after = LIMITS["water"].late_after(status.interval)
    return "silent" if now - status.last_success_at >= late_after else "working"


def _quiet(streams: Collection[StreamStatus], now: datetime) -> list[dict[str, Any]]:
    """One entry for each station with a datastream that is not live, most urgent first.

    Its state is that of its worst datastream, `latest_time` that one's newest value; `all` says
    whether no datastream of the station is live.
    """
    found: list[dict[str, Any]] = []
    for key, group in groupby(streams, key=lambda one: one.station_key):
        own = list(group)
        states = [_freshness(one, now) for one in own]
        affected = [(one, state) for one, state in zip(own, states, strict=True) if state in _QUIET]
        if not affected:
            continue
        worst, state = min(affected, key=lambda pair: _QUIET.index(pair[1]))
        times = [one.latest_time for one, its in affected if its is state and one.latest_time]
        found.append(
            {
                "station": worst.station_slug,
                "key": key,
                "name": worst.station_name,
                "water": worst.water,
                "freshness": state.value,
                "latest_time": max(times).isoformat() if times else None,
                "datastreams": [one.name for one, its in affected if its is state],
                "all": Freshness.LIVE not in states,
            }
        )
    never = datetime.min.replace(tzinfo=UTC).isoformat()
    order = [state.value for state in _QUIET]
    return sorted(
        found,
        key=lambda one: (
            not one["all"],
            order.index(one["freshness"]),
            one["latest_time"] or never,
            one["name"],
        ),
    )


def _freshness(stream: StreamStatus, now: datetime) -> Freshness:
    quality = None if stream.latest_quality is None else Quality(stream.latest_quality)
    return freshness(
        stream.kind,
        stream.interval,
        stream.latest_time,
        quality,
        out_of_service=stream.gone or stream.worked_on,
        now=now,
    )
