-- Reads a slice's checkpoint and what is wanted of it in one moment.
--
-- KEYS: the checkpoint and documents; an index for each lookup; indexes of lists; groups of counts.
-- ARGV: how many strings, lookups, indexes of lists and groups; how many members of a lookup are wanted;
--       per lookup where its members begin and end; per index and group how many members, and these.
-- Answers all one after the other, none where there is nothing; of a lookup all its members.
local call, KEYS, ARGV = redis.call, KEYS, ARGV
local strings, lookups = tonumber(ARGV[1]), tonumber(ARGV[2])
local lists, groups = tonumber(ARGV[3]), tonumber(ARGV[4])
local found, size = {}, 0

-- unpack() takes less than 8,000 things.
local MAX = 4000
local function add(values)
  for i = 1, #values do found[size + i] = values[i] end
  size = size + #values
end

for i = 1, strings, MAX do
  add(call('MGET', unpack(KEYS, i, math.min(i + MAX - 1, strings))))
end
for i = 1, lookups do
  local key, from, to = KEYS[strings + i], ARGV[4 + 2 * i], ARGV[5 + 2 * i]
  size = size + 1
  found[size] = call('ZRANGE', key, from, to, 'BYLEX', 'LIMIT', 0, ARGV[5])
end
local next_arg = 6 + 2 * lookups
local function members(command, key)
  local count = tonumber(ARGV[next_arg])
  local stop = next_arg + count
  for i = next_arg + 1, stop, MAX do
    add(call(command, key, unpack(ARGV, i, math.min(i + MAX - 1, stop))))
  end
  next_arg = stop + 1
end
local first_list = strings + lookups + 1
for i = first_list, first_list + lists - 1 do members('ZMSCORE', KEYS[i]) end
for i = first_list + lists, first_list + lists + groups - 1 do members('HMGET', KEYS[i]) end
return found
