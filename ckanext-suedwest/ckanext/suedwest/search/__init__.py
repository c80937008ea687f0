"""Plugin `suedwest_search`: the catalogue search of CKAN on PostgreSQL."""
