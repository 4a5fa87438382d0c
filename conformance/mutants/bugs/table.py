"""The table of bugs. `@breaks(Session, "owner")` puts a function in place of a method, or of a name of a module; it is handed
what is right, and then whatever the method is. Its own name is the bug's, unless `bug` says another's."""

import functools
import inspect

BUGS = {}  # name: [(owner, attribute, function)]


def breaks(owner, attribute, bug=None):
    def kept(function):
        BUGS.setdefault(bug or function.__name__, []).append((owner, attribute, function))
        return function

    return kept


def switch_on(name):
    for owner, attribute, function in BUGS[name]:
        static = isinstance(inspect.getattr_static(owner, attribute), staticmethod)
        wrong = bound(function, getattr(owner, attribute))
        setattr(owner, attribute, staticmethod(wrong) if static else wrong)


def bound(function, right):
    @functools.wraps(function)
    def wrong(*arguments, **named):
        return function(right, *arguments, **named)

    return wrong
