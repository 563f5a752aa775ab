#!lua
-- Replaces what a key holds, only where it still holds what was read.
--
-- KEYS  1 key       string, and the name of its channel
-- ARGV  1 expected  what it must hold (nothing: it must be absent)
--       2 value     what it shall hold (nothing: it is removed)
--       3 ttl       milliseconds after which it ends by itself
--       4 tell      `1`: whoever listens hears that it changed
-- Returns `swapped` or `stale`. In the second case nothing has changed.
local key, value = KEYS[1], ARGV[2]
if (redis.call('GET', key) or '') ~= ARGV[1] then return 'stale' end
if value == '' then redis.call('DEL', key) else redis.call('SET', key, value, 'PX', ARGV[3]) end
if ARGV[4] == '1' then redis.call('SPUBLISH', key, cmsgpack.pack({'changed'})) end
return 'swapped'
