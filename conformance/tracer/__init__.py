"""The tracer: a made-up chain each value of which says whose it is, and what reads such values in words."""
