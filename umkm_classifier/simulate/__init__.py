"""A simulated market with known truth, for tests, docs and demos; never for a claim about accuracy."""
