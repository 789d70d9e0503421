"""How well a model does: figures with intervals from redraws of shops, and a report for people to read."""
