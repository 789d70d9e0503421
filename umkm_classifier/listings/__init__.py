"""Listings: read from tables, cleaned, masked and checked."""
