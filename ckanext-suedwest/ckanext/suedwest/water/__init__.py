"""Plugin `suedwest_water`: what gauges contribute to the pages."""
