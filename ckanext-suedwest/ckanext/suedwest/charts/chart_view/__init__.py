"""Charts that editors set up by form, for live series and for tables in the DataStore."""
