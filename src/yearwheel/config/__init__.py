"""Settings of an installation, and the cycle file: the planning year as a state writes it down."""
