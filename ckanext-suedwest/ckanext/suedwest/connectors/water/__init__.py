"""Wire formats of water levels."""
