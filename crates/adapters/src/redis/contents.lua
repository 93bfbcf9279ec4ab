-- Reads a slice's checkpoint and what some of its keys hold in one moment.
--
-- KEYS: the checkpoint; documents; groups of counts. ARGV: how many documents.
-- Answers the checkpoint, the documents, the counts of each group.
local call, KEYS = redis.call, KEYS
local documents = tonumber(ARGV[1])
local texts, counts = {}, {}
for i = 1, documents do
  texts[i] = call('MGET', KEYS[1 + i])[1]
end
for i = 1, #KEYS - 1 - documents do
  counts[i] = call('HGETALL', KEYS[1 + documents + i])
end
return { call('MGET', KEYS[1])[1], texts, counts }
