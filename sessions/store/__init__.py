"""Where rooms are kept: one port, and the stores behind it."""

from sessions.store.port import Batch, HistoryFrame, Receipt, Rejected, Store, Stored

__all__ = ["Batch", "HistoryFrame", "Receipt", "Rejected", "Store", "Stored"]
