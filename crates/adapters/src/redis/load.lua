-- Reads a slice's checkpoint and what is wanted of it in one moment.
--
-- KEYS: the checkpoint and other strings, the lookups among them last; lists; groups of counts.
-- ARGV: how many strings, lists and groups; how many of the strings are lookups, and how many bytes
--       of each of these are wanted; per list and group how many members, and these.
-- Answers all values one after the other, none where there is nothing.
local call, KEYS, ARGV = redis.call, KEYS, ARGV
local strings, lists, groups = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local found, size = {}, 0
local next_arg = 6

-- unpack() takes less than 8,000 things.
local MAX = 4000
local function add(values)
  for i = 1, #values do found[size + i] = values[i] end
  size = size + #values
end

for i = 1, strings, MAX do
  add(call('MGET', unpack(KEYS, i, math.min(i + MAX - 1, strings))))
end
for i = strings - ARGV[4] + 1, strings do
  found[i] = found[i] and found[i]:sub(1, tonumber(ARGV[5]))
end
local function members(command, key)
  local count = tonumber(ARGV[next_arg])
  local stop = next_arg + count
  for i = next_arg + 1, stop, MAX do
    add(call(command, key, unpack(ARGV, i, math.min(i + MAX - 1, stop))))
  end
  next_arg = stop + 1
end
for i = strings + 1, strings + lists do members('ZMSCORE', KEYS[i]) end
for i = strings + lists + 1, strings + lists + groups do members('HMGET', KEYS[i]) end
return found
