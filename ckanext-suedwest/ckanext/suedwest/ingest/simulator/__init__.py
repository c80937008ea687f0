"""The sandbox's own gauges: sensors that do not exist, at brooks that do.

Each is a LoRaWAN distance sensor below a bridge. What it would send is published through the real
broker in the form of The Things Stack, so that everything behind the broker is the real thing.
docs/sandbox.md explains it for people.
"""
