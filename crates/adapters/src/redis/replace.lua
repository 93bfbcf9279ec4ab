-- Replaces a text by another, if it is the one expected ('' for none, and for what is no text).
--
-- KEYS: the text. ARGV: what is expected, what it becomes.
-- Answers 1, or the text that stands there instead.
local kept = redis.call('MGET', KEYS[1])[1] or ''
if kept == ARGV[2] then return 1 end
if kept ~= ARGV[1] then return kept end
redis.call('SET', KEYS[1], ARGV[2])
return 1
