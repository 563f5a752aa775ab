#!lua
-- Renews which seats of a room are online at one worker, and forgets the leases that ran out.
--
-- KEYS  1 online    zset  "role worker" -> the moment (ms) at which the lease runs out
--       2 room      hash, and the name of its channel
-- ARGV  1 worker    whose connections they are
--       2 lease     milliseconds
--       …           the roles that have a connection there now; none takes its leases away
-- Returns the leases that hold, of all workers: "role worker", …
local online, room, worker = KEYS[1], KEYS[2], ARGV[1]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if redis.call('EXISTS', room) == 0 then return {} end

local before = redis.call('ZRANGE', online, 0, -1)
redis.call('ZREMRANGEBYSCORE', online, '-inf', now)
local mine = {}
for i = 3, #ARGV do mine[ARGV[i] .. ' ' .. worker] = true end
for _, lease in ipairs(before) do
  if lease:match(' (.*)') == worker and not mine[lease] then redis.call('ZREM', online, lease) end
end
for lease in pairs(mine) do redis.call('ZADD', online, now + tonumber(ARGV[2]), lease) end
local after = redis.call('ZRANGE', online, 0, -1)
if #after > 0 then redis.call('PEXPIRE', online, ARGV[2]) end

local same = #before == #after
local known = {}
for _, lease in ipairs(before) do known[lease] = true end
for _, lease in ipairs(after) do same = same and known[lease] end
if not same then redis.call('SPUBLISH', room, cmsgpack.pack({'online', unpack(after)})) end
return after
