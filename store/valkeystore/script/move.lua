-- What every transition does: the evidence and the probes of the generation
-- before go; the override and the share stay.
local function move(generation, state, since)
  begin()
  drop('^window%.', '^cause%.', '^p%d%.')
  redis.call('HDEL', key, 'watch_since_ms', 'voices', 'open_until_ms', 'probe_ok', 'probe_failed')
  put('generation', generation)
  say('state', state)
  put('since_ms', since)
end
