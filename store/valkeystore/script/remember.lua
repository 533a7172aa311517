-- What a write leaves in the history of its circuit. KEYS[2] is a list of entries,
-- the newest first; each is a JSON object of texts: what happened, when, the
-- generation after it, and the fields of the record that say more. What cannot be
-- remembered is returned, with why, and the write stands: all of this comes after
-- its changes and can fail none of them.
local function remember(kind, at, ...)
  if at:sub(1, 1) == '-' then
    at = '0'
  end
  local entry = {kind = kind, at_ms = at, generation = digits('generation')}
  for _, name in ipairs({...}) do
    local value = text(name)
    if value ~= '' and #value <= TEXT then
      entry[name] = value
    end
  end
  entry = cjson.encode(entry)
  local function try(...)
    local reply = redis.pcall(...)
    return type(reply) == 'table' and reply.err or nil
  end
  -- Room is made before: a list that cannot be trimmed does not grow.
  local problem = try('LTRIM', KEYS[2], 0, ENTRIES - 2)
    or try('LPUSH', KEYS[2], entry)
    or try('PEXPIREAT', KEYS[2], string.format('%.0f', now() + AGE))
  if problem then
    return {problem, entry}
  end
end

local kinds = {open = 'opened', half_open = 'half_opened', closed = 'closed'}

local function rememberTransition(state, since)
  return remember(kinds[state], since, 'cause.rule', 'cause.calls', 'cause.failures', 'cause.slow', 'cause.span_ms',
    'cause.actor', 'cause.reason', 'open_until_ms', 'relapses')
end
