"""Actions and authorization over live resources and their sources."""
