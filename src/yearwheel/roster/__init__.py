"""WHO: districts, schools, contacts and the roles they hold."""
