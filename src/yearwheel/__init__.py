"""Yearwheel runs a public agency's annual planning cycle from one readable calendar file."""
