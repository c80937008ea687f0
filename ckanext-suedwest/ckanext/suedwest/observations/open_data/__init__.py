"""Open live data for programmes under `/api/live/v1`: latest values, series, months as files.

Only public datastreams of stations that a municipality shows are part of it. `openapi.yaml`
describes every path; the tests hold the answers against it.
"""
