-- Moves a slice from one checkpoint to the next with all that belongs to it, or does nothing.
--
-- KEYS: the checkpoint; strings to set; keys to remove; lists; groups of counts.
-- ARGV: the checkpoint expected ('' for none) and the next one; how many strings, keys to remove,
--       lists and groups; a value per string;
--       per list how many places to take and to leave, score and member of those, members of these;
--       per group how many counts to set and to remove, member and count of those, members of these.
-- Answers 1, or the checkpoint that stands there instead.
local call, KEYS, ARGV = redis.call, KEYS, ARGV
local kept = call('GET', KEYS[1]) or ''
if kept == ARGV[2] then return 1 end
if kept ~= ARGV[1] then return kept end

local strings, removed = tonumber(ARGV[3]), tonumber(ARGV[4])
local lists, groups = tonumber(ARGV[5]), tonumber(ARGV[6])
local first_list = 2 + strings + removed

-- A script is not rolled back. So what could fail comes first: these fail on a foreign type, and
-- want of memory or of the right to write shows at the first write, which is one that grows.
for i = first_list, first_list + lists - 1 do call('ZCARD', KEYS[i]) end
for i = first_list + lists, first_list + lists + groups - 1 do call('HLEN', KEYS[i]) end

-- unpack() takes less than 8,000 things; from 50 on their number makes no difference to speed.
local MAX = 1000
local pairs_ = {}
local at = 0
for i = 1, strings do
  pairs_[at + 1] = KEYS[i + 1]
  pairs_[at + 2] = ARGV[i + 6]
  at = at + 2
  if at == MAX then
    call('MSET', unpack(pairs_, 1, at))
    at = 0
  end
end
if at > 0 then call('MSET', unpack(pairs_, 1, at)) end

local function each(command, key, from, count)
  for i = from, from + count - 1, MAX do
    call(command, key, unpack(ARGV, i, math.min(i + MAX, from + count) - 1))
  end
end

local next_arg = 7 + strings
local function change(put, remove, first_key, count)
  local start = next_arg
  for i = first_key, first_key + count - 1 do
    local puts, removes = 2 * ARGV[next_arg], tonumber(ARGV[next_arg + 1])
    if puts > 0 then each(put, KEYS[i], next_arg + 2, puts) end
    next_arg = next_arg + 2 + puts + removes
  end
  next_arg = start
  for i = first_key, first_key + count - 1 do
    local puts, removes = 2 * ARGV[next_arg], tonumber(ARGV[next_arg + 1])
    if removes > 0 then each(remove, KEYS[i], next_arg + 2 + puts, removes) end
    next_arg = next_arg + 2 + puts + removes
  end
end
change('ZADD', 'ZREM', first_list, lists)
change('HSET', 'HDEL', first_list + lists, groups)

for i = 2 + strings, first_list - 1, MAX do
  call('UNLINK', unpack(KEYS, i, math.min(i + MAX, first_list) - 1))
end
call('SET', KEYS[1], ARGV[2])
return 1
