"""General wire formats of sensors: anything that measures, described by the source's options."""
