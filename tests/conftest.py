"""For every test: how long an example of Hypothesis takes says nothing on a busy machine."""

from hypothesis import settings

settings.register_profile("busy", deadline=None)
settings.load_profile("busy")
