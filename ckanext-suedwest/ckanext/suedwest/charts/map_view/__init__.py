"""Maps of stations: drawn on the server, near stations joined to one numbered sign."""
