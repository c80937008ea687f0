"""One module for each wire format: bytes in, stations, datastreams, observations and refusals out."""
