"""Kills the process that plans, queues and delivers, hundreds of times, and counts what became of the mail."""
