"""Socket.IO: from untrusted packets to commands for the hub."""
