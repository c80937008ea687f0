"""Answers kept as files, so that the public can read the last state when nothing else runs."""
