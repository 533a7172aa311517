-- Every script begins with this. KEYS[1] is the record, a hash. Numbers are
-- compared as the text they are, and summed only where they are bounded, since a
-- number of Lua is exact to 2^53 and no further. FIELDS, BYTES, SCHEMA and others
-- stand above.
local key = KEYS[1]

-- What nobody should have to hold in memory is not handed out.
local function answer(made, forgotten)
  local record = redis.call('HGETALL', key)
  local bytes = 0
  for i = 1, #record do
    bytes = bytes + #record[i]
  end
  if bytes > BYTES then
    return {-1}
  end
  return {made, record, forgotten}
end

if redis.call('HLEN', key) > FIELDS then
  return {-1}
end
