"""The field's terms as plain typed values: no CKAN, no I/O and no clock of its own."""
