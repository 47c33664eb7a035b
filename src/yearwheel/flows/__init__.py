"""The year as Prefect sees it: rounds, the stages they work, the mail they send, the house they keep."""
