#!lua
-- Applies one batch to one room, all or nothing: guards, fields, seq, history, frame.
--
-- KEYS  1 room      hash  field -> JSON; `#seq`, and `#of`: its werkplaats
--       2 history   zset  "slot/field" -> the seq that wrote it last
--       3 rows      hash  "slot/field" -> 24 characters of time, then JSON (nothing: removed)
--       4 writers   hash  worker -> the number of its last batch here; `#kept`: since when (ms)
-- ARGV  1 batch     one MessagePack array, which is far quicker to send than its parts:
--         1 worker    who writes
--         2 number    rises with every batch of that worker
--         3 deadline  after this moment of the server's clock (ms) nobody waits for it any more
--         4 limit     of rows; an outgrown history is folded
--         5 at        time, RFC 3339 with milliseconds and Z
--         6 guarded   fields that must be as they were
--         7 expected  the JSON that each of them must have (nothing: absent)
--         8 second    the slot of what is dragged
--         9 dragged   field, JSON, field, JSON, …: set, and in the history under that slot
--        10 set       field, JSON, field, JSON, …
--        11 removed   fields
--        12 kept      in the history: slot (0: the new seq), field, JSON (nothing: removed), …
-- Returns the new seq, or `late` (given up, or not above the last number of this worker),
-- `gone` (no such room) or `stale` (a guard does not hold). Then nothing has changed.
local room, history, rows, writers = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local worker, number, deadline, limit, at, guarded, expected, second, dragged, set, removed, kept =
  unpack(cmsgpack.unpack(ARGV[1]))
local WRITERS_MS = 3600000

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if now > deadline then return 'late' end
local last = redis.call('HMGET', writers, worker, '#kept')
if last[1] and tonumber(last[1]) >= number then return 'late' end
local found = redis.call('HMGET', room, '#seq', unpack(guarded))
if not found[1] then return 'gone' end
for i = 1, #guarded do
  if (found[i + 1] or '') ~= expected[i] then return 'stale' end
end

-- Kept for an hour, and never for less than half of one after the last batch.
if now - tonumber(last[2] or 0) > WRITERS_MS / 2 then
  redis.call('HSET', writers, worker, number, '#kept', now)
  redis.call('PEXPIRE', writers, WRITERS_MS)
else
  redis.call('HSET', writers, worker, number)
end
local seq = found[1] + 1
for i = 1, #dragged, 2 do
  set[#set + 1] = dragged[i]
  set[#set + 1] = dragged[i + 1]
end
redis.call('HSET', room, '#seq', seq, unpack(set))
if #removed > 0 then redis.call('HDEL', room, unpack(removed)) end

local scores, texts = {}, {}
local function keep(slot, field, json)
  local row = string.format('%d/%s', slot, field)
  scores[#scores + 1] = seq
  scores[#scores + 1] = row
  texts[#texts + 1] = row
  texts[#texts + 1] = at .. json
end
for i = 1, #dragged, 2 do keep(second, dragged[i], dragged[i + 1]) end
for i = 1, #kept, 3 do keep(kept[i] == 0 and seq or kept[i], kept[i + 1], kept[i + 2]) end
local count = 0
if #scores > 0 then
  redis.call('ZADD', history, unpack(scores))
  redis.call('HSET', rows, unpack(texts))
  count = redis.call('ZCARD', history)
end

-- The older half becomes one frame: of each field the last row, if it says more than "removed".
if count > limit then
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

-- Who listens to a room listens under its own name as well: to whom else is this news?
local listening = redis.call('PUBSUB', 'SHARDNUMSUB', room, room .. ':' .. worker)
if listening[2] > listening[4] then
  local frame = {'applied', worker, seq}
  for i = 1, #set do frame[#frame + 1] = set[i] end
  for i = 1, #removed do
    frame[#frame + 1] = removed[i]
    frame[#frame + 1] = ''
  end
  redis.call('SPUBLISH', room, cmsgpack.pack(frame))
end
return seq
