-- Shares slices among members: a heartbeat of one, or its farewell.
--
-- KEYS: a hash; in it `m:<member>` is when the member is overdue, in ms, and `s:<slice>` is
--       '<epoch> <member>', the member empty where the slice is nobody's.
-- ARGV: the member; how many slices there are; in how many ms it is overdue, 0 to leave.
-- Answers slice and epoch of all that the member has now, by slice.
-- What is none of this was written by somebody else, and is removed: leases only save work.
local call, key = redis.call, KEYS[1]
local me, slices, time_to_live = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local time = call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

-- No member is heard of for so long that it would be overdue later than this.
local far = now + 1000 * 60 * 60 * 24 * 7

local is = call('TYPE', key).ok
if is ~= 'hash' and is ~= 'none' then call('DEL', key) end
local held, names = {}, {}
local owners, epochs = {}, {}
if time_to_live > 0 then
  call('HSET', key, 'm:' .. me, now + time_to_live)
else
  call('HDEL', key, 'm:' .. me)
end
local fields = call('HGETALL', key)
for i = 1, #fields, 2 do
  local kind, name = fields[i]:sub(1, 2), fields[i]:sub(3)
  local overdue, slice = tonumber(fields[i + 1]), tonumber(name)
  local epoch, owner = fields[i + 1]:match('^(%d+) (.*)$')
  if kind == 'm:' and overdue and overdue > now and overdue <= far then
    held[name] = 0
    names[#names + 1] = name
  elseif kind == 's:' and slice and tostring(slice) == name and epoch and #epoch <= 15
      and (tonumber(epoch) > 0 or owner == '') then
    epochs[slice], owners[slice] = tonumber(epoch), owner
  else
    call('HDEL', key, fields[i])
  end
end

local function give(slice, owner)
  owners[slice] = owner
  call('HSET', key, 's:' .. slice, string.format('%d %s', epochs[slice] or 0, owner))
end
for slice = 0, slices - 1 do
  local owner = owners[slice] or ''
  if held[owner] then
    held[owner] = held[owner] + 1
  elseif owner ~= '' then
    give(slice, '')
  end
end
if time_to_live == 0 then return {} end

-- Who has more keeps the odd slices, so that fewer change hands.
table.sort(names, function(a, b)
  if held[a] ~= held[b] then return held[a] > held[b] end
  return a < b
end)
local share, odd = math.floor(slices / #names), slices % #names
for i = 1, odd do
  if names[i] == me then share = share + 1 end
end
for slice = slices - 1, 0, -1 do
  if held[me] > share and owners[slice] == me then
    give(slice, '')
    held[me] = held[me] - 1
  end
end
local leases = {}
for slice = 0, slices - 1 do
  local owner = owners[slice] or ''
  if owner == '' and held[me] < share then
    epochs[slice] = (epochs[slice] or 0) + 1
    give(slice, me)
    held[me] = held[me] + 1
  end
  if owners[slice] == me then
    leases[#leases + 1] = slice
    leases[#leases + 1] = epochs[slice]
  end
end
return leases
