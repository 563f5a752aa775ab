#!lua
-- Applies one batch to one room, all or nothing: guards, fields, seq, history, frame.
--
-- KEYS  1 room      hash  field -> JSON; `#seq`, and `#of`: its werkplaats
--       2 history   zset  "slot/field" -> the seq that wrote it last
--       3 rows      hash  "slot/field" -> 24 characters of time, then JSON (nothing: removed)
--       4 writers   hash  worker -> the number of its last batch here
-- ARGV  1 worker    who writes
--       2 number    rises with every batch of that worker
--       3 deadline  after this moment of the server's clock (ms) nobody waits for it any more
--       4 limit     of rows; an outgrown history is folded
--       5 at        time, RFC 3339 with milliseconds and Z
--       6 guards    how many guards follow: field, JSON that it must have (nothing: absent)
--       …           then the changes: field, JSON (nothing: removed), slot in the history
--                   (0: the new seq, nothing: the history does not keep it), and the JSON that
--                   the history keeps (`=`: the same)
-- Returns the new seq, or `late` (given up, or not above the last number of this worker),
-- `gone` (no such room) or `stale` (a guard does not hold). Then nothing has changed.
local room, history, rows, writers = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local worker, number, at = ARGV[1], ARGV[2], ARGV[5]
local WRITERS_MS = 3600000

local time = redis.call('TIME')
if time[1] * 1000 + time[2] / 1000 > tonumber(ARGV[3]) then return 'late' end
local last = redis.call('HGET', writers, worker)
if last and tonumber(last) >= tonumber(number) then return 'late' end
if redis.call('HEXISTS', room, '#seq') == 0 then return 'gone' end
local place = 7
for _ = 1, tonumber(ARGV[6]) do
  if (redis.call('HGET', room, ARGV[place]) or '') ~= ARGV[place + 1] then return 'stale' end
  place = place + 2
end

redis.call('HSET', writers, worker, number)
redis.call('PEXPIRE', writers, WRITERS_MS)
local seq = redis.call('HINCRBY', room, '#seq', 1)
local frame = {'applied', worker, seq}
local kept_any = false
for i = place, #ARGV, 4 do
  local field, value, slot, kept = ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3]
  if value == '' then redis.call('HDEL', room, field) else redis.call('HSET', room, field, value) end
  if slot ~= '' then
    local row = (slot == '0' and seq or slot) .. '/' .. field
    redis.call('ZADD', history, seq, row)
    redis.call('HSET', rows, row, at .. (kept == '=' and value or kept))
    kept_any = true
  end
  frame[#frame + 1] = field
  frame[#frame + 1] = value
end

-- The older half becomes one frame: of each field the last row, if it says more than "removed".
local count = kept_any and redis.call('ZCARD', history) or 0
if count > tonumber(ARGV[4]) then
  local middle = redis.call('ZRANGE', history, math.floor(count / 2), math.floor(count / 2), 'WITHSCORES')
  local fold, fold_at = middle[2], redis.call('HGET', rows, middle[1]):sub(1, 24)
  local old = redis.call('ZRANGE', history, '-inf', fold, 'BYSCORE', 'WITHSCORES')
  local newest = {}
  for i = 1, #old, 2 do
    local field = old[i]:match('/(.*)')
    local score = tonumber(old[i + 1])
    if not newest[field] or score >= newest[field] then newest[field] = score end
  end
  for i = 1, #old, 2 do
    local row = old[i]
    local value = redis.call('HGET', rows, row):sub(25)
    if value == '' or tonumber(old[i + 1]) < newest[row:match('/(.*)')] then
      redis.call('ZREM', history, row)
      redis.call('HDEL', rows, row)
    elseif old[i + 1] ~= fold then
      redis.call('ZADD', history, fold, row)
      redis.call('HSET', rows, row, fold_at .. value)
    end
  end
end

redis.call('SPUBLISH', room, cmsgpack.pack(frame))
return seq
