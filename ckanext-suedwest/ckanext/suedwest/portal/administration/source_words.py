"""What the staff pages say of a source and of what was refused, for people who read no logs.

The store keeps errors and reasons in English, as the poller, the connector or the store gave
them. The sentence for people comes from a table; the text as it was stands beside it, for whoever
is asked for help.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import ckan.plugins.toolkit as tk

_Sentences = tuple[tuple[str, Callable[[], str]], ...]

_ERRORS: _Sentences = (
    (
        r"the broker cannot be reached|the broker does not answer|there is no connection",
        lambda: tk._(
            "The broker of the messages cannot be reached. Nothing is lost: it keeps them until "
            "it is heard again."
        ),
    ),
    (
        r"the connection to the broker broke off",
        lambda: tk._("The connection to the broker broke off and is made anew."),
    ),
    (
        r"broker refuses.*(not authori[sz]ed|bad user ?name|password)|not authori[sz]ed",
        lambda: tk._("The broker refuses user name or password. Please enter both again."),
    ),
    (
        r"broker refuses",
        lambda: tk._("The broker refuses the connection."),
    ),
    (
        r"certificate",
        lambda: tk._("The certificate of the other side, or our own, is not accepted."),
    ),
    (
        r"is not sealed|sealed with another key|the key for the secrets",
        lambda: tk._("The password of this source cannot be read any more. Please enter it again."),
    ),
    (
        r"cannot be resolved",
        lambda: tk._("There is no computer of this name. Is the address written correctly?"),
    ),
    (
        r"not a public address|names no host|is not http or https|is no URL|carries a password|"
        r"outside the service",
        lambda: tk._("The address of this source may not be asked. Please correct it."),
    ),
    (
        r"the connection failed|no answer within|took longer than|breaks off",
        lambda: tk._("The server of the source does not answer. It is asked again by itself."),
    ),
    (
        r"answered HTTP (401|403)",
        lambda: tk._("The server refuses access. Is a key or a password missing, or run out?"),
    ),
    (
        r"answered HTTP (404|410)|redirects",
        lambda: tk._(
            "There is nothing at this address any more. The operator may have moved the data."
        ),
    ),
    (
        r"answered HTTP 429",
        lambda: tk._("The server is asked too often. It is asked again later by itself."),
    ),
    (
        r"answered HTTP 5\d\d",
        lambda: tk._("The server of the source has a fault. It is asked again by itself."),
    ),
    (
        r"HTML (or XML )?page|is an HTML",
        lambda: tk._("A web page came instead of data. Is the address that of the data?"),
    ),
    (
        r"lists none of the stations wanted",
        lambda: tk._("The source does not list the chosen stations. Were they renamed?"),
    ),
    (
        r"records were refused; the first because",
        lambda: tk._("Data came, but nothing of it could be used. See what was refused."),
    ),
    (
        r"larger than [\d,]+ bytes",
        lambda: tk._("The answer is larger than allowed."),
    ),
    (
        r"no connector|name a connector|the option|the options|registered of the device",
        lambda: tk._("The source is not set up completely. Please look at its settings."),
    ),
    (
        r"disk of the database is full",
        lambda: tk._("The disk of the platform is full. The operator of the platform must help."),
    ),
    (
        r"the database failed",
        lambda: tk._("The database of the platform did not answer. It is tried again by itself."),
    ),
    (
        r"the reply|the table|JSON|the recording|the payload",
        lambda: tk._("What the source answered does not have the form it should have."),
    ),
)

_REASONS: _Sentences = (
    (
        r"the device is not registered",
        lambda: tk._("This device is not registered with the source."),
    ),
    (
        r"more messages than one device may send",
        lambda: tk._("The device sends too many messages at once."),
    ),
    (
        r"registered of the device|of the device is not|entry of the device|"
        r"neither the device nor its source",
        lambda: tk._("What is entered for this device is incomplete or wrong."),
    ),
    (
        r"mounting|gauge's zero|gauge_zero",
        lambda: tk._("The mounting of the sensor is entered incompletely, so no level results."),
    ),
    (
        r"no codec is registered",
        lambda: tk._("No kind of sensor is entered for this device."),
    ),
    (
        r"codec|decoded|no bytes|frame|port \d+",
        lambda: tk._("The message does not fit the kind of sensor that is entered."),
    ),
    (
        r"unit",
        lambda: tk._("The unit is missing or does not belong to what is measured."),
    ),
    (
        r"in the future|a year ahead|before 1990|is before \d+",
        lambda: tk._("The time of the value cannot be right."),
    ),
    (
        r"the time|no offset|local time|happens twice|clock",
        lambda: tk._("The time of the value is missing or not readable."),
    ),
    (
        r"sentinel|missing value|no value",
        lambda: tk._("The sensor had no value."),
    ),
    (
        r"is outside|larger than anything|not possible|range",
        lambda: tk._("The value is not possible."),
    ),
    (
        r"not a number|no number|NaN|infinit",
        lambda: tk._("Where a number should stand, there is none."),
    ),
    (
        r"another source|owned by|belongs to",
        lambda: tk._("The station belongs to another source."),
    ),
    (
        r"the connector failed",
        lambda: tk._("The message could not be read because of a fault of the platform."),
    ),
    (
        r"the store refused",
        lambda: tk._("The values could not be stored."),
    ),
    (
        r"bytes, more than|larger than [\d,]+ bytes",
        lambda: tk._("The message is larger than allowed."),
    ),
    (
        r"JSON|UTF-8|is no object|is empty|is missing|no message|the message|the reply|the payload",
        lambda: tk._("The message does not have the form it should have."),
    ),
)

_TYPES: dict[str, Callable[[], str]] = {
    "mqtt": lambda: tk._("messages by MQTT"),
    "webhook": lambda: tk._("messages by webhook"),
    "http": lambda: tk._("asked by HTTP"),
    "mobilithek": lambda: tk._("pulled from the Mobilithek"),
    "mobilithek-push": lambda: tk._("pushed by the Mobilithek"),
    "pegelonline": lambda: tk._("PEGELONLINE of the federal waterways"),
    "lhp": lambda: tk._("flood classes of the states"),
    "gtfs": lambda: tk._("timetable (GTFS)"),
    "gtfs-realtime": lambda: tk._("delays and cancellations (GTFS-RT)"),
    "sensorthings": lambda: tk._("SensorThings server"),
}


def error_sentence(error: str) -> str:
    """Why a source fails, in one sentence that says what to do where there is something to do."""
    return _sentence(_ERRORS, error, tk._("The source cannot be used just now."))


def reason_sentence(reason: str) -> str:
    """Why a record was refused, in one sentence."""
    return _sentence(_REASONS, reason, tk._("The record could not be used."))


def type_title(type_: str) -> str:
    """What a type of source is called."""
    title = _TYPES.get(type_)
    return title() if title else type_


def state_title(state: str) -> str:
    """The state of a source as `suedwest_ingest_status` names it."""
    return {
        "paused": tk._("paused"),
        "failing": tk._("fault"),
        "waiting": tk._("nothing came yet"),
        "silent": tk._("silent"),
        "working": tk._("works"),
    }[state]


def _sentence(table: _Sentences, text: str, otherwise: str) -> str:
    for pattern, sentence in table:
        if re.search(pattern, text, re.IGNORECASE):
            return sentence()
    return otherwise
