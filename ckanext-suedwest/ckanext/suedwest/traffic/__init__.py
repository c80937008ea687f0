"""Plugin `suedwest_traffic`: what car parks, counters, sharing, charging and roads contribute."""
