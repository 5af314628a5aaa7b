"""The service: posts over HTTP. Begin with ``serving.py`` (processes) and ``app.py`` (what is answered)."""
