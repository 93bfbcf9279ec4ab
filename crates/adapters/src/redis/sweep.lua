-- Removes keys of a slice, as long as its checkpoint is the one they were judged by.
--
-- KEYS: the checkpoint; the keys. ARGV: the checkpoint expected ('' for none).
-- Answers how many things the keys held.
local call, KEYS = redis.call, KEYS
if (call('MGET', KEYS[1])[1] or '') ~= ARGV[1] then return 0 end
local things = 0
for i = 2, #KEYS do
  local kind = call('TYPE', KEYS[i]).ok
  if kind == 'zset' then things = things + call('ZCARD', KEYS[i])
  elseif kind == 'hash' then things = things + call('HLEN', KEYS[i])
  elseif kind ~= 'none' then things = things + 1 end
end
-- unpack() takes less than 8,000 things.
for i = 2, #KEYS, 4000 do
  call('UNLINK', unpack(KEYS, i, math.min(i + 3999, #KEYS)))
end
return things
