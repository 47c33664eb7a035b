"""WHEN: pure date rules, working days, deadlines and the model of a planning cycle."""
