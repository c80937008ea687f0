"""The sandbox's PEGELONLINE: recorded real replies, moved to today (docs/sandbox.md)."""
