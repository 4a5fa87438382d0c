"""What the tests start and ask: mock nodes, raw clients, a counting relay, foreign programs, and an
independent reader of recordings. Nothing in here uses the project's own C code but by its programs."""
