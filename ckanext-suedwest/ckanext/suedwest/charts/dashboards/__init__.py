"""Pages that staff of a municipality arrange from tiles."""
