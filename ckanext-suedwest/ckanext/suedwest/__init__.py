"""Data platform of the Südwest-Cluster: live values and their catalogue for CKAN."""
