"""One file for each kind of sensor; docs/connectors.md tells how one is added."""
