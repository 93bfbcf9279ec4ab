-- Reads a slice's checkpoint and a group of counts in one moment.
--
-- KEYS: the checkpoint, the group.
return { redis.call('MGET', KEYS[1])[1], redis.call('HGETALL', KEYS[2]) }
