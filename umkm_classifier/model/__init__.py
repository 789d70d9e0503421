"""From the log-odds of many views to one probability."""
