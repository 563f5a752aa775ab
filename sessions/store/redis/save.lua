#!lua
-- Reads a whole room as it is at one moment; what load.lua puts back.
--
-- KEYS  1 room, 2 history, 3 rows (as in apply.lua)
-- Returns two lists: the room's fields with their values, `#seq` and `#of` among them, and its
-- history as row, seq, time and JSON, and so on, in the order of seq. Nothing when it is gone.
if redis.call('EXISTS', KEYS[1]) == 0 then return {} end
local rows = {}
local order = redis.call('ZRANGE', KEYS[2], 0, -1, 'WITHSCORES')
for i = 1, #order, 2 do
  rows[#rows + 1] = order[i]
  rows[#rows + 1] = order[i + 1]
  rows[#rows + 1] = redis.call('HGET', KEYS[3], order[i])
end
return {redis.call('HGETALL', KEYS[1]), rows}
