"""Connectors for traffic: parking, sharing, charging."""
