-- Moves a slice from one checkpoint to the next with all that belongs to it, or does nothing.
--
-- KEYS: the checkpoint; strings to set; keys to remove; indexes; groups of counts.
-- ARGV: the checkpoint expected ('' for none) and the next one; how many strings, keys to remove,
--       indexes and groups; a value per string;
--       per index how many members to take and to leave, score and member of those, members of these;
--       per group how many counts to set and to remove, member and count of those, members of these.
-- Answers 1, or the checkpoint that stands there instead.
local call, KEYS, ARGV = redis.call, KEYS, ARGV
-- MGET finds nothing where GET fails, on a foreign type: its place is taken.
local kept = call('MGET', KEYS[1])[1] or ''
if kept == ARGV[2] then return 1 end
if kept ~= ARGV[1] then return kept end

local strings, removed = tonumber(ARGV[3]), tonumber(ARGV[4])
local indexes, groups = tonumber(ARGV[5]), tonumber(ARGV[6])
local first_index = 2 + strings + removed
local first_group = first_index + indexes

-- A script is not rolled back. So what could fail comes first: a user may have no right to one of the
-- commands, these fail on a foreign type, and want of memory, or of a master to write to, shows at the first
-- write, which is one that grows.
for _, command in ipairs({
  {'MSET', KEYS[1], ''}, {'ZADD', KEYS[1], '0', ''}, {'ZREM', KEYS[1], ''}, {'HSET', KEYS[1], '', ''},
  {'HDEL', KEYS[1], ''}, {'UNLINK', KEYS[1]}, {'SET', KEYS[1], ''},
}) do
  if not redis.acl_check_cmd(unpack(command)) then
    return redis.error_reply('NOPERM this user has no right to ' .. command[1] .. ', which a commit needs')
  end
end
for i = first_index, first_group - 1 do call('ZCARD', KEYS[i]) end
for i = first_group, first_group + groups - 1 do call('HLEN', KEYS[i]) end

-- unpack() takes less than 8,000 things; from 50 on their number makes no difference to speed.
local MAX = 1000
local pairs_ = {}
local at = 0
for i = 1, strings do
  pairs_[at + 1], pairs_[at + 2] = KEYS[i + 1], ARGV[i + 6]
  at = at + 2
  if at == MAX or i == strings then
    call('MSET', unpack(pairs_, 1, at))
    at = 0
  end
end

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
change('ZADD', 'ZREM', first_index, indexes)
change('HSET', 'HDEL', first_group, groups)

for i = 2 + strings, first_index - 1, MAX do
  call('UNLINK', unpack(KEYS, i, math.min(i + MAX, first_index) - 1))
end
call('SET', KEYS[1], ARGV[2])
return 1
