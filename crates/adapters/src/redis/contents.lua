-- Reads a slice's checkpoint and what some of its keys hold in one moment.
--
-- KEYS: the checkpoint; other strings; lists; groups of counts.
-- ARGV: how many strings and lists; how many places to read of each list.
-- Answers the checkpoint, the strings, the places of each list, the counts of each group.
local call, KEYS, ARGV = redis.call, KEYS, ARGV
local strings, lists = tonumber(ARGV[1]), tonumber(ARGV[2])
local texts, places, counts = {}, {}, {}
for i = 1, strings do
  texts[i] = call('MGET', KEYS[1 + i])[1]
end
for i = 1, lists do
  places[i] = call('ZRANGE', KEYS[1 + strings + i], 0, ARGV[3] - 1)
end
for i = 1, #KEYS - 1 - strings - lists do
  counts[i] = call('HGETALL', KEYS[1 + strings + lists + i])
end
return { call('MGET', KEYS[1])[1], texts, places, counts }
