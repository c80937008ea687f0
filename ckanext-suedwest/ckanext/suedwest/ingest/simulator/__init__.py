"""What the sandbox makes up: sensors at brooks that exist, and traffic at places that do not.

Each gauge is a LoRaWAN distance sensor below a bridge; what it would send is published through the
real broker in the form of The Things Stack. Traffic is answered by the replay server in the formats
of real feeds. So everything behind the broker and the address is the real thing. docs/sandbox.md
explains it for people.
"""
