"""LoRaWAN: what network servers send, and what sensors mean by their bytes."""
