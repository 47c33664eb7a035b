"""Kills the process that plans, queues and delivers, hundreds of times, and counts what came of the mail."""
