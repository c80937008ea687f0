"""What keeps asking the sources and hands what they say to the store."""
