"""The observation store: PostgreSQL tables in the schema `suedwest`, written in batches, read by all above."""
