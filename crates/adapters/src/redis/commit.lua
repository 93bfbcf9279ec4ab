-- Moves a slice from one checkpoint to the next with all that belongs to it, or does nothing.
--
-- KEYS: the checkpoint; strings to set; keys to remove; lookups; lists; groups of counts.
-- ARGV: the checkpoint expected ('' for none) and the next one; how many strings, keys to remove,
--       lookups, lists and groups; a value per string;
--       per lookup lines of '+' or '-' and a key that claims it or gives it up;
--       per list how many places to take and to leave, score and member of those, members of these;
--       per group how many counts to set and to remove, member and count of those, members of these.
-- Answers 1, or the checkpoint that stands there instead.
local call, KEYS, ARGV = redis.call, KEYS, ARGV
-- MGET finds nothing where GET fails, on a foreign type: its place is taken.
local kept = call('MGET', KEYS[1])[1] or ''
if kept == ARGV[2] then return 1 end
if kept ~= ARGV[1] then return kept end

local strings, removed = tonumber(ARGV[3]), tonumber(ARGV[4])
local lookups, lists, groups = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])
local first_lookup = 2 + strings + removed
local first_list = first_lookup + lookups

-- A script is not rolled back. So what could fail comes first: these fail on a foreign type, and
-- want of memory or of the right to write shows at the first write, which is one that grows.
for i = first_list, first_list + lists - 1 do call('ZCARD', KEYS[i]) end
for i = first_list + lists, first_list + lists + groups - 1 do call('HLEN', KEYS[i]) end

-- unpack() takes less than 8,000 things; from 50 on their number makes no difference to speed.
local MAX = 1000
local pairs_ = {}
local at = 0
local function set(key, value)
  pairs_[at + 1] = key
  pairs_[at + 2] = value
  at = at + 2
  if at == MAX then
    call('MSET', unpack(pairs_, 1, at))
    at = 0
  end
end
for i = 1, strings do set(KEYS[i + 1], ARGV[i + 7]) end

-- A lookup holds the keys that claim it, one a line. A set would cost each of them more memory, and
-- there is hardly ever a second.
local function claimants(kept, changes)
  local keys, claims = {}, {}
  for key in kept:gmatch('[^\n]+') do
    keys[#keys + 1] = key
    claims[key] = true
  end
  for change, key in changes:gmatch('([+-])([^\n]+)') do
    if change == '+' and claims[key] == nil then keys[#keys + 1] = key end
    claims[key] = change == '+'
  end
  local left = {}
  for _, key in ipairs(keys) do
    if claims[key] then left[#left + 1] = key end
  end
  return table.concat(left, '\n')
end
local gone = {}
for from = 1, lookups, MAX do
  local to = math.min(from + MAX - 1, lookups)
  local kept = call('MGET', unpack(KEYS, first_lookup + from - 1, first_lookup + to - 1))
  for i = from, to do
    local changes, there = ARGV[7 + strings + i], kept[i - from + 1]
    local value
    if not there and changes:byte() == 43 and not changes:find('\n', 1, true) then
      value = changes:sub(2)
    else
      value = claimants(there or '', changes)
    end
    local key = KEYS[first_lookup + i - 1]
    if value ~= '' then set(key, value) else gone[#gone + 1] = key end
  end
end
if at > 0 then call('MSET', unpack(pairs_, 1, at)) end

local function each(command, key, from, count)
  for i = from, from + count - 1, MAX do
    call(command, key, unpack(ARGV, i, math.min(i + MAX, from + count) - 1))
  end
end

local next_arg = 8 + strings + lookups
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
change('ZADD', 'ZREM', first_list, lists)
change('HSET', 'HDEL', first_list + lists, groups)

for i = 2 + strings, first_lookup - 1, MAX do
  call('UNLINK', unpack(KEYS, i, math.min(i + MAX, first_lookup) - 1))
end
for i = 1, #gone, MAX do
  call('UNLINK', unpack(gone, i, math.min(i + MAX - 1, #gone)))
end
call('SET', KEYS[1], ARGV[2])
return 1
