"""docker-compose.yaml without Docker: its commands as processes on this machine, with two Celery workers."""
