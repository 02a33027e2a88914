"""What all tests share: no example of a property is judged by its time, which benches measure."""

from hypothesis import settings

settings.register_profile("mixdesk", deadline=None)
settings.load_profile("mixdesk")
