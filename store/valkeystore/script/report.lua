-- ARGV: 3 the watch, 4 the share, 5 the voice, 6 how many slots to drop; these;
-- and for each slot to add to, its start and its calls, failures, slow calls and
-- reports.
if digits('watch_since_ms') ~= ARGV[3] then return answer(0) end

local letters = {'c', 'f', 's', 'r'}

local function forget(slot)
  for _, letter in ipairs(letters) do
    redis.call('HDEL', key, 'window.' .. letter .. slot)
  end
end

local function bounded(n)
  return math.min(math.max(n, 0), MOST)
end

begin()
local first = 7 + tonumber(ARGV[6])
for i = 7, first - 1 do
  forget(ARGV[i])
end
for i = first, #ARGV, 5 do
  local nothing = true
  for j, letter in ipairs(letters) do
    local n = tonumber(ARGV[i + j])
    if n > 0 then
      local name = 'window.' .. letter .. ARGV[i]
      redis.call('HSET', key, name, string.format('%.0f', bounded(whole(name)) + bounded(n)))
      nothing = false
    end
  end
  if nothing then
    redis.call('HSETNX', key, 'window.c' .. ARGV[i], '0')
  end
end

-- The newest slots stay.
local starts, seen = {}, {}
for _, name in ipairs(redis.call('HKEYS', key)) do
  local start = name:match('^window%.[cfsr]([1-9]%d*)$')
  if start and not seen[start] then
    seen[start] = true
    starts[#starts + 1] = start
  end
end
table.sort(starts, function(a, b)
  if #a ~= #b then
    return #a > #b
  end
  return a > b
end)
for i = SLOTS + 1, #starts do
  forget(starts[i])
end

-- The voices that sort first stay. To compare texts with < is to ask the server's
-- locale.
local function before(a, b)
  for i = 1, math.min(#a, #b) do
    local x, y = a:byte(i), b:byte(i)
    if x ~= y then
      return x < y
    end
  end
  return #a < #b
end

if ARGV[5] ~= '' then
  local voices, known = {ARGV[5]}, {[ARGV[5]] = true}
  for voice in text('voices'):gmatch('[^ ]+') do
    if not known[voice] then
      known[voice] = true
      voices[#voices + 1] = voice
    end
  end
  table.sort(voices, before)
  say('voices', table.concat(voices, ' ', 1, math.min(VOICES, #voices)))
end
put('share', ARGV[4])
return made()
