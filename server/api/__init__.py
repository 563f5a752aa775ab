"""The HTTP API under `/api/v1`: one table of routes serves requests and `/openapi.json`."""
