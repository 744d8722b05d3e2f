"""No business words: settings, database, durable runs, clock, ids, errors, what is embedded."""
