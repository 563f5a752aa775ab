#!lua
-- Puts a whole room where there is none: a new one, or one out of a copy.
--
-- KEYS  1 room, 2 history, 3 rows (as in apply.lua)
-- ARGV  1 ttl       milliseconds after which all of it ends by itself
--       2 count     how many fields follow, `#seq` and `#of` among them: field, value
--       …           then the history: row, seq, time and JSON
-- Returns `loaded`, or `taken` when there is such a room already. Then nothing has changed.
local room, history, rows = KEYS[1], KEYS[2], KEYS[3]
if redis.call('EXISTS', room) == 1 then return 'taken' end
local fields = 2 * tonumber(ARGV[2])
for i = 3, 2 + fields, 2 do redis.call('HSET', room, ARGV[i], ARGV[i + 1]) end
for i = 3 + fields, #ARGV, 3 do
  redis.call('ZADD', history, ARGV[i + 1], ARGV[i])
  redis.call('HSET', rows, ARGV[i], ARGV[i + 2])
end
for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, ARGV[1]) end
return 'loaded'
