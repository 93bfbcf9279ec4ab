-- Reads a slice's checkpoint and a group of counts in one moment.
--
-- KEYS: the checkpoint, the group.
return { redis.call('GET', KEYS[1]), redis.call('HGETALL', KEYS[2]) }
