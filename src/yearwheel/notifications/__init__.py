"""SAYS: who should hear what (pure), the words of each message, and the ways mail leaves."""
