-- Reads a slice's checkpoint and part of an index in one moment.
--
-- KEYS: the checkpoint, the index. ARGV: the range, as ZRANGE has it.
return { redis.call('MGET', KEYS[1])[1], redis.call('ZRANGE', KEYS[2], unpack(ARGV)) }
