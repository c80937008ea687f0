"""The observation store: PostgreSQL, schema `suedwest`, written in batches, read by all above."""
