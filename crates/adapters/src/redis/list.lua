-- Reads a slice's checkpoint and part of a list in one moment.
--
-- KEYS: the checkpoint, the list. ARGV: the range, as ZRANGE has it.
return { redis.call('MGET', KEYS[1])[1], redis.call('ZRANGE', KEYS[2], unpack(ARGV)) }
