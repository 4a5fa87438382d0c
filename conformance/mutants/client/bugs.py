"""Which of the bugs of ../bugs.toml are switched on: none, unless an adapter was started with them. The client asks where
each belongs: `if bug("matches_by_order")`. A bug knows no case, nor what a node will do."""

ON = set()


def bug(name):
    return name in ON
