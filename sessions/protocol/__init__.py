"""The wire, defined once: events, messages and HTTP bodies as strict models.

JSON Schema (`docs/protocol.schema.json`) and the client's types (`client/src/protocol.gen.ts`)
are generated from here; the gate fails when they drift.
"""
