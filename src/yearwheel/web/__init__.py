"""The pages: what stands where, for people in a browser."""
