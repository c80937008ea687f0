"""Plugin `suedwest_charts`: charts of live series as resource views and embeds."""
