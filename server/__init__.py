"""The server: HTTP, Socket.IO, the hub and the stores' place in it."""

VERSION = "0.1.0"
