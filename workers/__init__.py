"""Celery: wakes the services, knows nothing of its own."""
