#!lua
-- Removes a room and all that belongs to it, and says so to who holds it open.
--
-- KEYS  1 room, 2 history, 3 rows, 4 writers, 5 online (as in the other scripts)
-- ARGV  1 of        the werkplaats that the room must be of: a code may be another's by now
-- Returns how many of the keys there were; 0 where the room is gone or of another werkplaats.
if redis.call('HGET', KEYS[1], '#of') ~= ARGV[1] then return 0 end
redis.call('SPUBLISH', KEYS[1], cmsgpack.pack({'gone'}))
return redis.call('DEL', unpack(KEYS))
