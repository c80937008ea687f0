"""One module for each wire format: bytes in, stations, series, values and refusals out."""
