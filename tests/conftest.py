"""What every test shares."""

from hypothesis import HealthCheck, settings

# How long an example takes says something about the machine, not about the code; a slow draw neither.
settings.register_profile("interlock", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("interlock")
