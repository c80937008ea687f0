"""Plugin `suedwest_observations`: the store as first-class DataStore resources of CKAN."""
