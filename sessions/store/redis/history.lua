#!lua
-- Reads a part of a room's history as it is at one moment.
--
-- KEYS  1 history, 2 rows (as in apply.lua)
-- ARGV  1 since     the lowest seq, as ZRANGE takes it: `-inf`, `(12`
-- Returns row, seq, time and JSON, and so on, in the order of seq.
local found = {}
local order = redis.call('ZRANGE', KEYS[1], ARGV[1], '+inf', 'BYSCORE', 'WITHSCORES')
for i = 1, #order, 2 do
  found[#found + 1] = order[i]
  found[#found + 1] = order[i + 1]
  found[#found + 1] = redis.call('HGET', KEYS[2], order[i])
end
return found
