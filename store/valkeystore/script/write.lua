-- Every script that writes goes on with this. ARGV[1] is the generation that the
-- write is made under, ARGV[2] how many milliseconds the record is kept. All
-- conditions come before the first change: what a script has changed stays
-- changed if it fails.
local function text(name)
  return redis.call('HGET', key, name) or ''
end

local function digits(name)
  return redis.call('HGET', key, name) or '0'
end

local function whole(name)
  local n = digits(name)
  return n:match('^%-?%d+$') and tonumber(n) or 0
end

local function put(name, n)
  if n == '0' then
    redis.call('HDEL', key, name)
  else
    redis.call('HSET', key, name, n)
  end
end

local function say(name, words)
  if words == '' then
    redis.call('HDEL', key, name)
  else
    redis.call('HSET', key, name, words)
  end
end

local function drop(...)
  local patterns = {...}
  for _, name in ipairs(redis.call('HKEYS', key)) do
    for _, pattern in ipairs(patterns) do
      if name:match(pattern) then
        redis.call('HDEL', key, name)
        break
      end
    end
  end
end

-- The first change is one that a full server refuses: those that come after it, it
-- takes.
local function begin()
  redis.call('HSET', key, 'schema', SCHEMA)
end

-- The server's clock, in milliseconds.
local function now()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

local function made(forgotten)
  local week, century = 604800000, 3153600000000
  local last = math.max(now() + ARGV[2], week + whole('open_until_ms'), week + whole('override.until_ms'))
  redis.call('PEXPIREAT', key, string.format('%.0f', math.min(last, now() + century)))
  return answer(1, forgotten)
end

local schema = tonumber(digits('schema'))
if not (schema and schema <= SCHEMA) then return answer(0) end
if digits('generation') ~= ARGV[1] then return answer(0) end
