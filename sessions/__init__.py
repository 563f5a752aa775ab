"""The pure core of Mengpaneel: rooms, rules and insight, without any I/O."""
